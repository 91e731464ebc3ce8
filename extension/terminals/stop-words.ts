// What a person is asked before commands and turns are stopped, and told afterwards. Pure.

const MAX_LISTED = 8;

export interface Question {
  sentence: string;
  detail: string;
}

/** `names`: of running commands whose terminals a person closed. */
export function closedQuestion(names: readonly string[]): Question {
  const [only] = names;
  return names.length === 1
    ? {
        sentence: `Stop \`${only}\`? Its terminal was closed.`,
        detail: "It runs on without a terminal if you keep it. The panel opens one again, with the output so far.",
      }
    : {
        sentence: `Stop ${names.length} commands? Their terminals were closed.`,
        detail: `${list(names)}\n\nThey run on without terminals if you keep them. The panel opens them again, with the output so far.`,
      };
}

/** `names`: of all commands that run. */
export function stopAllQuestion(turns: number, names: readonly string[]): Question {
  return {
    sentence: `Stop ${amounts(turns, names.length)}?`,
    detail: [names.length === 0 ? "" : list(names), "This ends what Belay does in every thread of this window."]
      .filter((part) => part !== "")
      .join("\n\n"),
  };
}

/** "2 turns and 1 command". */
export function amounts(turns: number, commands: number): string {
  const said = [
    ...(turns > 0 || commands === 0 ? [count(turns, "turn")] : []),
    ...(commands > 0 ? [count(commands, "command")] : []),
  ];
  return said.join(" and ");
}

function list(names: readonly string[]): string {
  const listed = names.slice(0, MAX_LISTED).map((name) => `• ${name}`);
  const more = names.length - listed.length;
  return [...listed, ...(more > 0 ? [`… and ${more} more`] : [])].join("\n");
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
