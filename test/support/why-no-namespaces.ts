import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { endLeftovers } from "@sluice/cloud";
import { openDriver } from "../../packages/cloud/src/instance/index.ts";
import { removeFolder } from "./remove-folder.ts";

const agentBundle = resolve(import.meta.dirname, "../../packages/agent/dist/codedeploy-agent.cjs");

/** Why isolated instances cannot be had on this machine; false when they can. For `skip`. */
export async function whyNoNamespaces(): Promise<string | false> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-probe-"));
  try {
    const wanted = { driver: "ns", plainInstead: false, chaos: { packageLocks: 0 } } as const;
    const { driver } = await openDriver({ dataFolder: folder, clock: Date.now, agentBundle, ...wanted });
    await driver.close();
    return false;
  } catch (error) {
    assert(error instanceof Error);
    return error.message;
  } finally {
    await endLeftovers({ dataFolder: folder });
    removeFolder(folder);
  }
}
