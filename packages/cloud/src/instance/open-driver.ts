import { realpathSync } from "node:fs";
import type { Chaos, InstanceDriver } from "./driver.ts";
import { ControlClient } from "./namespaces/control-client.ts";
import { NamespaceDriver } from "./namespaces/driver.ts";
import { stateFolderOf } from "./namespaces/folders.ts";
import { dataIsShown, isShown, missingPrograms, whyRefused } from "./namespaces/why-refused.ts";
import { PlainDriver } from "./plain/driver.ts";
import { plainInstances } from "./plain/instance-folder.ts";

/** How to choose a driver. */
export interface DriverChoice {
  readonly dataFolder: string;
  readonly driver: "auto" | "ns" | "plain";
  /** With `auto`: take ordinary processes where isolated instances cannot be had, instead of failing. */
  readonly plainInstead: boolean;
  readonly agentBundle: string;
  readonly chaos: Chaos;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/** Opens the driver of instances. `why` says why instances run as ordinary processes instead of isolated. Throws with that sentence when they may not. */
export async function openDriver(
  choice: DriverChoice,
): Promise<{ readonly driver: InstanceDriver; readonly why?: string }> {
  const { dataFolder, driver, plainInstead } = choice;
  if (driver === "plain") return { driver: new PlainDriver(choice) };
  // A data folder keeps the kind of instances that it began with.
  if (
    driver === "auto" &&
    plainInstances(dataFolder).length > 0 &&
    (await ControlClient.find(stateFolderOf(dataFolder))) === undefined
  )
    return { driver: new PlainDriver(choice), why: "this data folder has begun with them" };
  try {
    // Before anything is started: some are needed much later, in the middle of somebody's deployment.
    if (missingPrograms().length > 0) throw new Error("programs are missing");
    if (isShown(realpathSync(dataFolder), process.getuid?.())) throw new Error(dataIsShown);
    return { driver: await NamespaceDriver.open(choice) };
  } catch (cause) {
    const why = whyRefused(cause instanceof Error ? cause.message : String(cause));
    if (driver === "auto" && plainInstead) return { driver: new PlainDriver(choice), why };
    throw new Error(`Cannot launch instances: ${why}. Or choose ordinary processes, one port each: --driver plain`, {
      cause,
    });
  }
}
