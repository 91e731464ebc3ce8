// How much a model can be told, and from where on a thread is compacted: by who said what.
import assert from "node:assert/strict";
import { test } from "node:test";
import { contextLimits, DEFAULT_WINDOW } from "../../../server/model/limits.ts";

type Said = Parameters<typeof contextLimits>;

const cases: [string, Said[0], Said[1], { window: number; compactAt: number }][] = [
  ["nobody says anything", {}, null, { window: DEFAULT_WINDOW, compactAt: 232_560 }],
  ["the catalog knows the window", {}, { context_window: 400_000 }, { window: 400_000, compactAt: 360_000 }],
  [
    "the configuration wins over the catalog",
    { model_context_window: 100_000 },
    { context_window: 400_000, auto_compact_token_limit: 50_000 },
    { window: 100_000, compactAt: 50_000 },
  ],
  ["a limit is given", { model_auto_compact_token_limit: 9_000 }, null, { window: DEFAULT_WINDOW, compactAt: 9_000 }],
  [
    "a limit beyond the window is the window",
    { model_context_window: 8_000, model_auto_compact_token_limit: 9_000 },
    null,
    { window: 8_000, compactAt: 8_000 },
  ],
  [
    "a middling window leaves room to answer",
    { model_context_window: 64_000 },
    null,
    { window: 64_000, compactAt: 48_000 },
  ],
  [
    "a small window is used to the half at least",
    { model_context_window: 8_192 },
    null,
    { window: 8_192, compactAt: 4_096 },
  ],
];

for (const [what, config, listed, limits] of cases)
  test(`context limits: ${what}`, () => assert.deepEqual(contextLimits(config, listed), limits));
