// What a renderer of an item gets.
import type { VNode } from "preact";
import type { ThreadItem, ThreadItemOf } from "../../server/protocol/item.ts";
import type { Turn } from "../../server/protocol/turn.ts";
import type { PathBase } from "../text/paths.ts";

/** Where an item stands. The same object for all items of a turn until something in it changes. */
export interface Place {
  threadId: string;
  turnId: string;
  base: PathBase;
  isTurnRunning: boolean;
  turnStatus: Turn["status"];
  /** The turn was stopped or failed: what is still open in it will never complete, except a command that outlives it. */
  isCut: boolean;
}

export type ItemRenderer<T extends ThreadItem["type"]> = (props: {
  item: ThreadItemOf<T>;
  place: Place;
}) => VNode | null;
