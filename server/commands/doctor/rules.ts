// The rules of what may run unasked: whether their file can be read as it is meant.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readRules } from "../../approval/rules-file.ts";
import { type Check, ok, warn } from "./check.ts";

export async function checkRules(home: string): Promise<Omit<Check, "id" | "name">> {
  const path = join(home, "rules", "default.rules");
  const facts = { path, exists: false, rules: 0, problems: [] as string[] };
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return ok("there are none", facts);
    const problem = `${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}).`;
    const cure = "Make it readable for you, or remove it.";
    return warn(`${problem} Every command asks until then.`, cure, { ...facts, exists: true, problems: [problem] });
  }
  const { rules, problems, isReadable } = readRules(text);
  const all = { path, exists: true, rules: rules.length, problems };
  if (problems.length === 0) return ok(`${rules.length === 1 ? "one rule" : `${rules.length} rules`} in ${path}`, all);
  const until = isReadable ? [] : ["No rule allows anything until then."];
  return warn([...problems, ...until].join("\n"), `Correct ${path}.`, all);
}
