// The tests that run inside a real VS Code. Few on purpose: what only a real editor can show.
import "./activation.ts";
import "./server.ts";
import "./edits.ts";
import "./unsaved.ts";
import "./terminals.ts";
import "./stopping.ts";
import "./run-in-terminal.ts";
import "./manage-approvals.ts";
import "./sandbox.ts";
import "./threads.ts";
import "./live-terminals.ts";
import "./approvals.ts";
import "./commands.ts";
import "./diffs.ts";
import "./review.ts";
import "./reviewing.ts";

export { runSuite as run } from "../support/vscode/suite.ts";
