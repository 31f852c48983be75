import { resolve } from "node:path";
import { moveToDatabase, moveToFolder } from "@sluice/server";
import type { Configuration } from "../../config.ts";
import { openDataFolder } from "../../data-folder.ts";
import { findRunning } from "../../running.ts";
import { databaseUrl } from "../../settings/setting-values.ts";

/** Moves everything into a database that several nodes share, or out of it into a folder. Returns what to do next. */
export async function move({ database, dataFolder, keyFile }: Configuration, to: string): Promise<readonly string[]> {
  if (/^postgres(ql)?:/.test(to)) {
    if (findRunning(dataFolder) !== undefined)
      throw new Error(`Cannot move "${dataFolder}": a server uses it. End that one first`);
    const key = await moveToDatabase({ database: databaseUrl(to) ?? to, dataFolder, keyFile });
    return [
      "Moved. Start each node with this database:",
      "  sluice server --database URL",
      `and with a copy of the key: ${key} (another place is named with --key)`,
    ];
  }
  if (database === undefined)
    throw new Error("Cannot move to a folder: name the database to move from with --database or SLUICE_DATABASE");
  const folder = resolve(to);
  openDataFolder(folder);
  const { isCopy } = await moveToFolder({ database, dataFolder, keyFile }, folder);
  return isCopy
    ? [`Copied to ${folder}. A node writes still: what comes from now on is not in it`]
    : [`Moved to ${folder}. Start with: sluice server --data ${folder}`];
}
