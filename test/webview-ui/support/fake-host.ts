// The other end of the panel's wire: what the extension and the server would say, said by a test.
import type { Page } from "playwright-core";
import type { clientRequests, serverNotifications, serverRequests } from "../../../server/protocol/methods.ts";
import type { hostNotifications, hostRequests } from "../../../server/protocol/host-methods.ts";
import type { ParamsIn, ResultOf } from "../../../server/protocol/rows.ts";
import { Connection } from "../../../server/protocol/rpc/connection.ts";
import { invalidRequest } from "../../../server/protocol/rpc/errors.ts";
import { patienceMs, within } from "../../support/vscode/deadline.ts";

type FromPanel = typeof clientRequests & typeof hostRequests;
type Said = typeof serverNotifications & typeof hostNotifications;
type Handler = (params: never) => unknown;

export interface HostCall {
  method: string;
  params: Record<string, unknown>;
}

export class FakeHost {
  /** Every request of the panel, oldest first. */
  readonly calls: HostCall[] = [];
  /** Every notification of the panel, oldest first. */
  readonly heard: HostCall[] = [];
  readonly #page: Page;
  readonly #handlers = new Map<string, Handler>();
  readonly #connection: Connection;
  #isPanelOpen = true;
  #fromPanel: (value: unknown) => void = () => undefined;
  #arrived = Promise.withResolvers<void>();

  constructor(page: Page) {
    this.#page = page;
    this.#connection = new Connection(
      {
        send: (message) => this.#send(message),
        listen: (onMessage) => (this.#fromPanel = onMessage),
        close: () => undefined,
      },
      {
        request: async (method, params) => this.#answer(method, params as Record<string, unknown>),
        notification: (method, params) => this.#note(this.heard, method, params),
        malformed: (reason) => {
          throw new Error(`The panel sent something that is no message: ${reason}`);
        },
        closed: () => undefined,
      },
    );
  }

  /**
   * Call before the page is closed: what is on its way to it then is lost, which is no failure. Questions that the panel has
   * not answered stay without an answer.
   */
  leave(): void {
    this.#isPanelOpen = false;
  }

  /** What `acquireVsCodeApi().postMessage` leads to. */
  receive(message: unknown): void {
    this.#fromPanel(message);
  }

  /** Answers a method from now on; what the handler throws becomes the error. */
  on<M extends keyof FromPanel & string>(
    method: M,
    handler: (params: ParamsIn<FromPanel, M>) => ResultOf<FromPanel, M> | Promise<ResultOf<FromPanel, M>>,
  ): void {
    this.#handlers.set(method, handler);
  }

  /** A refusal in one sentence, as the panel shows it. */
  refuse(method: keyof FromPanel & string, sentence: string): void {
    this.#handlers.set(method, () => {
      throw Object.assign(invalidRequest(""), { message: sentence });
    });
  }

  async notify<M extends keyof Said & string>(method: M, params: ParamsIn<Said, M>): Promise<void> {
    await this.#page.evaluate((data) => window.postMessage(data, "*"), { method, params });
  }

  /** Asks the panel as the server does; resolves with the decision. */
  ask<M extends keyof typeof serverRequests & string>(
    method: M,
    params: ParamsIn<typeof serverRequests, M>,
    id?: number,
  ): Promise<unknown> {
    return this.#connection.request(method, params, id === undefined ? {} : { id });
  }

  /** The params of the `nth` (from 1) call or notification of a method, once it has come. */
  async expectCall(method: string, nth = 1): Promise<Record<string, unknown>> {
    const found = () => [...this.calls, ...this.heard].filter((call) => call.method === method)[nth - 1];
    const wait = async () => {
      for (;;) {
        const call = found();
        if (call) return call.params;
        await this.#arrived.promise;
      }
    };
    return within(patienceMs, `the panel to send ${method} (number ${nth})`, wait());
  }

  async #send(message: unknown): Promise<void> {
    try {
      await this.#page.evaluate((data) => window.postMessage(data, "*"), message);
    } catch (error) {
      if (this.#isPanelOpen) throw error;
    }
  }

  #answer(method: string, params: Record<string, unknown>): unknown {
    this.#note(this.calls, method, params);
    const handler = this.#handlers.get(method);
    if (!handler) throw invalidRequest(`nothing answers ${method}`);
    return handler(params as never);
  }

  #note(list: HostCall[], method: string, params: unknown): void {
    list.push({ method, params: params as Record<string, unknown> });
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers<void>();
  }
}
