// What the demo shows of days on which nothing can be done: nothing was said yet, the key is refused, the folder is gone,
// the disk is full. Each says why and what to do, and the thread goes on afterwards.
import { renameSync } from "node:fs";
import { join } from "node:path";
import { type ResponsesApi, responsesApi } from "../support/responses-api.ts";
import { noSmallDisks, smallDisk } from "../support/small-disk.ts";
import type { Panel, Stage, StageOptions } from "./stage.ts";
import type { Look } from "./story.ts";

/** A provider that takes no key. */
export function refuseKeys(): Promise<ResponsesApi> {
  return responsesApi([], {
    misbehave: (response) => {
      response.writeHead(401, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { message: "Incorrect API key provided." } }));
      return true;
    },
  });
}

export function badDays({ url }: ResponsesApi): StageOptions {
  const provider = ["[model_providers.shop]", 'name = "Shop"', `base_url = "${url}"`, 'env_key = "SHOP_API_KEY"'];
  return {
    config: ['model = "till-1"', 'model_provider = "shop"', ...provider, ""].join("\n"),
    env: { SHOP_API_KEY: "a key that is refused" },
  };
}

export async function playBadDays(stage: Stage, look: Look): Promise<void> {
  const { workbench, panel } = stage;
  await workbench.openBelay();
  await panel.composer.waitFor();
  await seeNoThreads(stage, look);
  await panel.send("Make the tests pass");
  await refused(panel).waitFor();
  await look("25-key-refused", { width: 420, theme: "dark" });
  await loseFolder(stage, look);
  if (!noSmallDisks) await fillDisk(stage, look);
}

const refused = ({ thread }: Panel) => thread.getByText(/refused the API key \(HTTP 401\)/).first();

async function seeNoThreads({ workbench: { page } }: Stage, look: Look): Promise<void> {
  const header = page.locator('.pane-header[aria-label^="Threads"]');
  const nothing = page.getByText("No threads in this workspace yet.");
  await header.click();
  await nothing.waitFor();
  await look("24-no-threads", { width: 300, theme: "dark" });
  await header.click();
  await nothing.waitFor({ state: "hidden" });
}

async function loseFolder({ project, panel }: Stage, look: Look): Promise<void> {
  const elsewhere = `${project}-elsewhere`;
  renameSync(project, elsewhere);
  await panel.composer.fill("Try again");
  await panel.button("Send").click();
  await panel.frame.getByText(/The folder of this thread is gone/).waitFor();
  await look("26-folder-gone", { width: 300, theme: "light" });
  renameSync(elsewhere, project);
  await panel.button("Send").click();
  await panel.frame.getByText(/The folder of this thread is gone/).waitFor({ state: "detached" });
}

async function fillDisk({ home, panel }: Stage, look: Look): Promise<void> {
  using disk = smallDisk(join(home, "threads"));
  await panel.button("New thread").click();
  await panel.send("Is anything saved?");
  await refused(panel).waitFor();
  disk.fill();
  // More than fits behind what was written last.
  await panel.send(`And what is written on the board? ${"Open from nine to five. ".repeat(400)}`);
  const banner = panel.frame.getByRole("alert").getByText("This thread is not being saved");
  await banner.waitFor();
  await look("27-disk-full", { width: 300, theme: "contrast" });
  disk.free();
  await panel.send("Is it saved now?");
  await banner.waitFor({ state: "detached" });
}
