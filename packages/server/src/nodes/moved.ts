import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Where a folder says that its house is in a database now. */
export const noteFile = (dataFolder: string): string => join(dataFolder, "moved-to-database");

/** Throws one clear sentence when a folder's house has been moved into a database. */
export function refuseMoved(dataFolder: string): void {
  const file = noteFile(dataFolder);
  if (!existsSync(file)) return;
  throw new Error(
    `Cannot serve the data folder "${dataFolder}" alone: it was moved to ${readFileSync(file, "utf8").trim()}. Start with --database, or move back with: sluice move --to FOLDER`,
  );
}
