// What the editor gives to the page of a webview.

export interface VscodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare global {
  /** Works once in the life of the page. */
  function acquireVsCodeApi(): VscodeApi;
}
