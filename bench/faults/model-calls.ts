// The tool calls that the model of the fault bench makes. Each command leaves a line in a file of its call's name, so that
// one that ran twice is seen.
import type { Chance } from "./random.ts";

export interface CallPlace {
  readonly luck: Chance;
  /** What the names of mark files begin with. */
  readonly marks: string;
}

export function toolCall(callId: string, { luck, marks }: CallPlace): Record<string, unknown> {
  const mark = `echo ran >> '${marks}.${callId}'`;
  const command = (cmd: string, more: object = {}) => json(callId, "exec_command", { cmd: `${mark}; ${cmd}`, ...more });
  switch (
    luck.weighed({ quick: 30, slow: 15, family: 12, background: 12, terminal: 4, loud: 8, patch: 15, other: 6 })
  ) {
    case "quick":
      return command("pwd");
    case "slow":
      return command(`sleep ${luck.between(1, 20) / 10}; echo done`);
    case "family":
      return command("(sleep 600 & sleep 600 &) ; setsid sleep 600 & sleep 0.3; echo left");
    case "background":
      return command("sleep 600", { yield_time_ms: 250 });
    case "terminal":
      return command("read x; echo got $x", { yield_time_ms: 250, tty: true });
    case "loud":
      return command("seq 1 20000");
    case "patch": {
      const file = luck.happens(0.5) ? "shared.txt" : `${callId}.txt`;
      const input = ["*** Begin Patch", `*** Add File: ${file}`, `+${callId}`, "*** End Patch"].join("\n");
      return { type: "custom_tool_call", id: `ctc_${callId}`, call_id: callId, name: "apply_patch", input };
    }
    case "other":
      return luck.happens(0.5) ? json(callId, "list_dir", {}) : json(callId, "no_such_tool", { a: 1 });
  }
}

function json(callId: string, name: string, parameters: object): Record<string, unknown> {
  return {
    ...{ type: "function_call", id: `fc_${callId}`, call_id: callId, name },
    arguments: JSON.stringify(parameters),
  };
}
