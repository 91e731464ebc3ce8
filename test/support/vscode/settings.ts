// The VS Code settings for tests and pictures: nothing pops up, nothing calls out, and saving is as on the desktop.

export type VscodeSettings = Record<string, unknown>;

/** `isTrustAsked` leaves workspace trust on, for tests whose subject it is; else every folder is trusted. */
export function calmSettings(options: { isTrustAsked: boolean }): VscodeSettings {
  return {
    // No built-in chat beside ours: neither its side bar nor its title bar buttons, badges and tips.
    "chat.disableAIFeatures": true,
    "chat.agentsControl.enabled": "hidden",
    "chat.tips.enabled": false,
    "chat.titleBar.openInAgentsWindow.enabled": false,
    "chat.titleBar.signIn.enabled": false,
    "chat.viewProgressBadge.enabled": false,
    "workbench.commandPalette.showAskInChat": false,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    // No first-run pages, hints, recommendations and experiments.
    "breadcrumbs.enabled": false,
    "editor.minimap.enabled": false,
    "extensions.autoCheckUpdates": false,
    "extensions.autoUpdate": false,
    "extensions.ignoreRecommendations": true,
    "telemetry.feedback.enabled": false,
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "update.showReleaseNotes": false,
    "workbench.editor.empty.hint": "hidden",
    "workbench.enableExperiments": false,
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": false,
    "workbench.welcomePage.experimentalOnboarding": false,
    "workbench.welcomePage.walkthroughs.openOnInstall": false,
    // As on the desktop, where the browser's defaults differ.
    "files.autoSave": "off",
    "window.confirmBeforeClose": "never",
    "workbench.editor.useModal": "off",
    // Pictures must not depend on when they were taken.
    "editor.cursorBlinking": "solid",
    "terminal.integrated.cursorBlinking": false,
    // The canvas renderer ignores the scale of a headless browser's pictures.
    "terminal.integrated.gpuAcceleration": "off",
    "terminal.integrated.enablePersistentSessions": false,
    "workbench.reduceMotion": "on",
    "git.openRepositoryInParentFolders": "never",
    "security.workspace.trust.enabled": options.isTrustAsked,
    "security.workspace.trust.startupPrompt": options.isTrustAsked ? "always" : "never",
    "workbench.colorTheme": "Dark Modern",
  };
}
