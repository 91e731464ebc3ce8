// What "Always allow…" offers for a command: the command itself, and what can honestly be said more generally. Pure.
import type { RuleOffer } from "../protocol/approval.ts";
import type { RuleScope } from "../protocol/command.ts";
import { shellQuote } from "../util/shell-quote.ts";
import { allowProblem, isInterpreter, isTool, programName } from "./allow-limits.ts";
import { lex } from "./lexer.ts";

const scopes: RuleScope[] = ["thread", "workspace", "always"];
const MAX_OFFERS = 3;

/** Empty: it is no single plain command, or one that no rule may allow. */
export function ruleOffers(script: string): RuleOffer[] {
  const lexed = lex(script);
  const [words, ...others] = lexed.kind === "commands" ? lexed.commands : [];
  if (words === undefined || others.length > 0 || words.some(({ glob }) => glob)) return [];
  const argv = words.map(({ text }) => text);
  const patterns = generalisations(argv).filter((pattern) => pattern.length > 0);
  return [
    { pattern: argv, exact: true, label: "exactly this command", scopes },
    ...patterns.map((pattern) => ({
      pattern,
      exact: false,
      label: `${shellQuote(pattern)}, with any arguments`,
      scopes,
    })),
  ]
    .filter(({ pattern, exact }) => allowProblem(wordsOf(pattern), { exact }) === null)
    .slice(0, MAX_OFFERS);
}

function wordsOf(pattern: readonly string[]): string[][] {
  return pattern.map((word) => [word]);
}

/** They check or build the project they run in, whatever they are told besides. */
const checkers = new Set(
  (
    "tsc eslint oxlint biome prettier vitest jest mocha pytest ruff mypy pyright black flake8 pylint tox golangci-lint " +
    "gofmt rustfmt shellcheck clang-format clang-tidy cmake ctest phpunit rspec rubocop"
  ).split(" "),
);

/** Verbs whose arguments change little about what happens. */
const modestVerbs: Record<string, string[]> = {
  git: "status diff log show blame shortlog describe rev-parse ls-files add commit fetch stash".split(" "),
  npm: "test t ci ls outdated audit view".split(" "),
  pnpm: "test t ls outdated audit".split(" "),
  yarn: "test build lint".split(" "),
  cargo: "build check test clippy fmt bench doc tree metadata run".split(" "),
  go: "build test vet fmt list doc mod".split(" "),
  make: [],
  docker: "ps images logs inspect version info".split(" "),
  kubectl: "get describe logs version".split(" "),
  dotnet: "build test restore format".split(" "),
  mvn: "test compile package verify validate".split(" "),
  mvnw: "test compile package verify validate".split(" "),
  gradle: "test build check assemble".split(" "),
  gradlew: "test build check assemble".split(" "),
  gh: "pr issue run status search".split(" "),
  terraform: "plan validate fmt show".split(" "),
  dart: "test analyze format".split(" "),
  flutter: "test analyze doctor".split(" "),
  mix: "test compile format".split(" "),
};

function generalisations(argv: readonly string[]): string[][] {
  const [name = "", verb = "", script = ""] = argv;
  const program = programName(name);
  if (isInterpreter(name)) return [];
  if (checkers.has(program)) return [[name]];
  if (!isTool(name)) return [];
  if (/^run(?:-script)?$/.test(verb) && isPlainName(script)) return [[name, verb, script]];
  const targets = ["make", "gmake", "just", "rake", "ninja"].includes(program);
  if (targets) return isPlainName(verb) ? [[name, verb]] : [];
  return modestVerbs[program]?.includes(verb) ? [[name, verb]] : [];
}

function isPlainName(word: string): boolean {
  return /^[A-Za-z][\w:.-]*$/.test(word);
}
