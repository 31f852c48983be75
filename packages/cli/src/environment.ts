import { homedir } from "node:os";
import { extname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Whether this runs from a clone of the repository, as it is written. What is installed is JavaScript. */
export const isClone = extname(import.meta.filename) === ".ts";

/** How a person types this program's name. */
export const programName = isClone ? "npx sluice" : "sluice";

/**
 * The folder of everything durable, where nobody names another: in a clone beside what is worked on, else where the system
 * keeps data. root's is the service's own, so that the administrator's commands find the service.
 */
export function defaultDataFolder(environment: NodeJS.ProcessEnv = process.env, uid = process.getuid?.()): string {
  if (isClone) return ".sluice";
  if (uid === 0) return "/var/lib/sluice";
  // A path that is not absolute counts as none there (XDG Base Directory Specification).
  const { XDG_DATA_HOME = "" } = environment;
  return join(isAbsolute(XDG_DATA_HOME) ? XDG_DATA_HOME : join(homedir(), ".local/share"), "sluice");
}

/** Returns the words that start this program, by absolute paths. */
export function ownCommand(): readonly string[] {
  const { SLUICE_EXECUTABLE: executable } = process.env; // by scripts/package/executable-main.js
  if (executable !== undefined) return [executable];
  return [process.execPath, fileURLToPath(new URL("../bin/sluice.js", import.meta.url))];
}
