// A person says that the container around the server is the sandbox: their explicit choice, with the risk named.
import * as vscode from "vscode";
import type { RunningCtx } from "../ctx.ts";

const KEY = "container_is_sandbox";

export async function trustContainer({ client, sandbox }: RunningCtx): Promise<void> {
  const state = await sandbox.read(client);
  if (state?.kind === "works") throw new Error(`Commands are confined here already (${state.layer ?? "sandbox"}).`);
  if (state?.kind === "container") throw new Error("The container is the sandbox already, as you said before.");
  if (state?.isContainer !== true)
    throw new Error("Belay's server does not run in a container, so there is none that could be the sandbox.");
  const yes = "Use Container as Sandbox";
  const choice = await vscode.window.showWarningMessage(
    "Use this container as Belay's sandbox?",
    {
      modal: true,
      detail:
        "Commands then run unasked where a working sandbox would let them, and only the container holds them: they can " +
        "read and change everything in it, mounted folders, credentials and sockets included, and use its network. " +
        "Say so only for a container that may be lost and that holds nothing you would not give them.\n\n" +
        `It holds for every workspace in this container. To take it back, remove ${KEY} from config.toml.`,
    },
    yes,
  );
  if (choice !== yes) return;
  const written = await client.request("config/value/write", { keyPath: KEY, value: true, mergeStrategy: "replace" });
  if (written.overriddenMetadata !== null) throw new Error(written.overriddenMetadata.message);
  if ((await sandbox.read(client))?.kind !== "container")
    void vscode.window.showInformationMessage("It is written down, and holds from the next start of Belay's server.");
}
