// The text of default.rules: what is read of it, what is refused, and that changing it touches nothing else.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NewRule } from "../../../server/approval/rules.ts";
import { addRule, formatRule, readRules, removeRule } from "../../../server/approval/rules-file.ts";
import fc from "../../support/properties.ts";

const said = (text: string) =>
  readRules(text).rules.map(({ pattern, decision, source }) => [
    pattern.map((words) => words.join("|")).join(" "),
    decision,
    source,
  ]);

test("rules are read as the original writes them, over lines, with comments, alternatives and examples", () => {
  const text = `# Mine
prefix_rule(pattern=["npm", "test"], decision="allow")  # short
prefix_rule(
    pattern = ["git", ["push", 'fetch']],
    decision = "prompt",
    justification = "it \\"talks\\" \\x41\\n",
    match = ["git push origin 'a b'", ["git", "fetch"]],
    not_match = ["git pull"],
)
prefix_rule(pattern=["cargo", "test"])
prefix_rule(pattern=["rm"], decision="forbidden", exact=False, workspace="/w", outside_sandbox=False,)
`;
  const { rules, problems, isReadable } = readRules(text);
  assert.deepEqual({ problems, isReadable }, { problems: [], isReadable: true });
  assert.deepEqual(said(text), [
    ["npm test", "allow", "default.rules:2"],
    ["git push|fetch", "prompt", "default.rules:3"],
    ["cargo test", "allow", "default.rules:10"],
    ["rm", "forbidden", "default.rules:11"],
  ]);
  assert.equal(rules[1]?.justification, 'it "talks" A\n');
  assert.deepEqual(
    rules.map(({ scope, workspace }) => [scope, workspace]),
    [
      ["always", null],
      ["always", null],
      ["always", null],
      ["workspace", "/w"],
    ],
  );
});

const good = 'prefix_rule(pattern=["make", "check"])\nprefix_rule(pattern=["rm"], decision="forbidden")\n';
const unreadable: Record<string, string> = {
  'prefix_rule(pattern=["a"]': "a comma or ) is missing behind pattern.",
  'prefix_rule(pattern=["a)': "a quote is not closed on its line.",
  'prefix_rule(pattern="a")':
    'pattern must be a list of words, such as ["npm", "test"]; a word may be a list of words.',
  "prefix_rule(pattern=[])": 'pattern must be a list of words, such as ["npm", "test"]; a word may be a list of words.',
  'prefix_rule(pattern=["a", []])':
    'pattern must be a list of words, such as ["npm", "test"]; a word may be a list of words.',
  'prefix_rule(pattern=["a"], decision="yes")': 'decision must be "allow", "prompt" or "forbidden".',
  'prefix_rule(pattern=["a"], decision=allow)': "a text in quotes, a list, True or False should stand here.",
  'prefix_rule(pattern=["a"], exact="yes")': "exact and outside_sandbox must be True or False.",
  'prefix_rule(pattern=["a"], workspace="w")': "workspace must be the absolute path of a folder.",
  'prefix_rule(pattern=["a"], paths=["b"])': "prefix_rule(…) has no argument paths.",
  'prefix_rule(pattern=["a"], pattern=["b"])': "pattern is given twice.",
  'prefix_rule(pattern=["a\\q"])': "\\q is no escape.",
  'prefix_rule(pattern=["""a"""])': "texts over several lines are not read.",
  'prefix_rule(pattern=["a"]) prefix_rule(pattern=["b"])': "prefix_rule(…) should stand on lines of its own.",
  'prefix_rule(pattern=["a"], match=["b"])': "the example b does not match its rule.",
  'prefix_rule(pattern=["a"], not_match=["a b"])': "the example a b must not match its rule, but does.",
  'prefix_rule(pattern=["a"], match=["a $x"])': "match and not_match must be lists of plain commands.",
  "x = 1": "( is missing behind x.",
  "for x in y: pass": "( is missing behind for.",
  'allow(pattern=["a"])': "there is no allow(…); rules are written as prefix_rule(…).",
  "???": "a call such as prefix_rule(…) should stand here.",
};

for (const [line, problem] of Object.entries(unreadable)) {
  test(`a file with ${line} says what is wrong in its line; what forbids still holds, what allows does not`, () => {
    for (const [text, at] of [
      [good + line, 3],
      [`${line}\n${good}`, 1],
    ] as const) {
      const { rules, problems, isReadable } = readRules(text);
      assert.equal(isReadable, false);
      const atLine =
        at === 1 && /closed|missing behind pattern/.test(problem) ? /^default\.rules:[12]: / : `default.rules:${at}: `;
      assert.match(problems[0] ?? "", typeof atLine === "string" ? new RegExp(`^${atLine}`) : atLine);
      if (at === 3) assert.equal(problems[0], `default.rules:3: ${problem}`);
      assert.deepEqual(
        rules.map(({ pattern, decision }) => [pattern, decision]),
        [[[["rm"]], "forbidden"]],
      );
    }
  });
}

test("a rule that allows what runs anything is refused by name, and the others go on to hold", () => {
  const refused = [
    ['["python3"]', "python runs whatever it is told, so a rule can allow it only exactly"],
    ['["/usr/bin/python3.12", "-m"]', "python runs whatever it is told, so a rule can allow it only exactly"],
    ['["bash", "-c"]', "bash runs whatever it is told, so a rule can allow it only exactly"],
    ['["node", "-e"]', "node runs whatever it is told, so a rule can allow it only exactly"],
    ['["find"]', "find runs whatever it is told, so a rule can allow it only exactly"],
    ['["sudo"]', "sudo runs another command, so a rule cannot allow it"],
    ['["env"]', "env runs another command, so a rule cannot allow it"],
    ['["xargs", "rm"]', "xargs runs another command, so a rule cannot allow it"],
    ['["npx", "x"]', "npx runs another command, so a rule cannot allow it"],
    ['["npm"]', "npm does many things, so a rule has to say more than its name"],
    ['["npm", "run"]', "npm run runs whatever follows, so a rule can allow it only exactly"],
    ['["npm", "exec", "x"]', "npm exec runs whatever follows, so a rule can allow it only exactly"],
    ['["git", "-c"]', "git -c does not say what it does"],
    ['[["ls", "bash"]]', "bash runs whatever it is told, so a rule can allow it only exactly"],
    ['["docker", "run"]', "docker run runs whatever follows, so a rule can allow it only exactly"],
  ];
  for (const [pattern, why] of refused) {
    const { rules, problems, isReadable } = readRules(`prefix_rule(pattern=${pattern})\n${good}`);
    assert.deepEqual({ rules: rules.length, isReadable }, { rules: 2, isReadable: true }, pattern);
    assert.deepEqual(problems, [`default.rules:1: ${why}. The rule has no effect.`]);
  }
  const exactly = ['["bash", "-c", "ls"], exact=True', '["python3"], exact=True', '["node", "--eval=1"], exact=True'];
  for (const rule of exactly) assert.equal(readRules(`prefix_rule(pattern=${rule})`).rules.length, 0, rule);
  const fine = [
    '["npm", "run", "build"]',
    '["cargo", "test"]',
    '["make", "check"]',
    '["git", "diff"]',
    '["node", "scripts/x.js"], exact=True',
    '["python3", "-m", "pytest"], exact=True',
    '["pytest"]',
    '["python3"], decision="prompt"',
    '["bash", "-c"], decision="forbidden"',
  ];
  for (const rule of fine) assert.equal(readRules(`prefix_rule(pattern=${rule})`).rules.length, 1, rule);
});

test("what another program understands and Belay does not is named, and stops nothing", () => {
  const { rules, problems, isReadable } = readRules(
    `host_executable(name="git", paths=["/usr/bin/git"])\n${good}${good}`,
  );
  assert.deepEqual({ rules: rules.length, isReadable }, { rules: 2, isReadable: true });
  assert.deepEqual(problems, [
    "default.rules:1: host_executable(…) has no effect in Belay.",
    "default.rules:4: the same rule stands above.",
    "default.rules:5: the same rule stands above.",
  ]);
});

const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 });
const newRule: fc.Arbitrary<NewRule> = fc.record({
  pattern: fc.array(fc.array(word, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
  exact: fc.boolean(),
  decision: fc.constantFrom("prompt" as const, "forbidden" as const),
  workspace: fc.option(word.map((name) => `/${name}`)),
  outsideSandbox: fc.boolean(),
  justification: fc.option(word),
});

test("a rule that is written reads as the same rule, and removing it gives the old text back", () => {
  const texts = fc.constantFrom("", good, good.trimEnd(), good.replaceAll("\n", "\r\n"), `${good}# end`, "# only this");
  fc.assert(
    fc.property(newRule, texts, (rule, text) => {
      const added = addRule(text, rule);
      const found = readRules(added);
      assert.deepEqual(found.problems, []);
      const last = found.rules.at(-1);
      assert.ok(last !== undefined);
      const { id, scope: _scope, source: _source, ...read } = last;
      assert.deepEqual(read, { ...rule });
      assert.ok(added.startsWith(text));
      assert.equal(addRule(added, rule), added);
      assert.equal(removeRule(added, id).trimEnd(), text.trimEnd());
    }),
  );
});

test("removing a rule takes its lines and leaves every other byte", () => {
  const text = `# a\r\n${good}\n  prefix_rule(\n  pattern=["x"],\n  decision="prompt",\n)\n# b\nprefix_rule(pattern=["y"]) # why\n`;
  const ids = readRules(text).rules.map(({ id }) => id);
  assert.equal(removeRule(text, ids[2] ?? ""), `# a\r\n${good}\n# b\nprefix_rule(pattern=["y"]) # why\n`);
  assert.equal(removeRule(text, ids[3] ?? ""), text.replace('prefix_rule(pattern=["y"])', ""));
  assert.equal(removeRule(text, "none"), text);
});

test("an id stands for what the rule says, not for where it stands", () => {
  const [first] = readRules(good).rules;
  const [moved] = readRules(`# moved\n\n${good}`).rules;
  assert.equal(first?.id, moved?.id);
  assert.notEqual(first?.id, readRules(good.replace("check", "test")).rules[0]?.id);
  assert.equal(
    first === undefined ? "" : formatRule(first),
    'prefix_rule(pattern=["make", "check"], decision="allow")',
  );
});

test("any text is read to its end without an exception", () => {
  const pieces = fc.constantFrom(
    "prefix_rule",
    "(",
    ")",
    "[",
    "]",
    ",",
    "=",
    '"',
    "'",
    "\\",
    "\n",
    "#",
    "pattern",
    '"a"',
    "True",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 3 }))), (parts) => {
      readRules(parts.join(""));
    }),
    { numRuns: 2000 },
  );
});
