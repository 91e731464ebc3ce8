// The page of the chat panel: a shell that says what is going on until the script has drawn the panel. Pure.

export interface PanelPage {
  /** What the webview's own files are served from. */
  cspSource: string;
  script: string;
  style: string;
  /** Fresh for every page. */
  nonce: string;
  /** What an earlier page wants this one to know, for when the editor has kept nothing of it. Undefined: nothing. */
  kept?: unknown;
}

export function panelHtml({ cspSource, script, style, nonce, kept }: PanelPage): string {
  const policy = [
    "default-src 'none'",
    `img-src ${cspSource} data:`,
    `font-src ${cspSource}`,
    `style-src ${cspSource}`,
    `script-src 'nonce-${nonce}'`,
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1.0">
<link rel="stylesheet" href="${style}">
<title>Belay</title>
</head>
<body data-vscode-context='{"preventDefaultContextMenuItems":true}'>
<p id="shell">Belay is opening. If this text stays, reload the window and look into the log (Belay: Show Log).</p>
<div id="root"${kept === undefined ? "" : ` data-kept="${escaped(JSON.stringify(kept))}"`}></div>
<script nonce="${nonce}" src="${script}"></script>
<script nonce="${nonce}">if (document.getElementById("root").hasChildNodes()) document.getElementById("shell").remove();</script>
</body>
</html>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
