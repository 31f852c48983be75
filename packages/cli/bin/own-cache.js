// Where this program keeps what it can make again: what Node has compiled of it, and what a single executable unpacks.
import { existsSync, mkdirSync, statSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Who may write here could change what this user runs. */
const othersMayWrite = 0o022;

/** Returns the folder for what Node has compiled, which is half of a start. In a clone it is with the installed packages: it goes when they go, and nobody else may write there. Undefined where there is none. */
export function folderOfCompiledCode() {
  const here = fileURLToPath(new URL("../", import.meta.url));
  if (existsSync(join(here, "src/main.ts"))) return join(here, "../../node_modules/.cache/sluice/code");
  const { folder, why } = ownCache("code");
  return why === undefined ? folder : undefined; // nothing is lost but time
}

/**
 * Makes a folder in the cache of this user, or of the service that this is. `why` says why nothing may be run from there: it
 * cannot be made, or somebody else could lay something there, as for one who has the home of another.
 * @param {string} name
 */
export function ownCache(name) {
  const folder = join(base(), name);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const open = openToOthers(folder);
    return { folder, why: open && `others may change ${open}` };
  } catch (error) {
    return { folder, why: error instanceof Error ? error.message : String(error) };
  }
}

function base() {
  const { CACHE_DIRECTORY: ofService = "", XDG_CACHE_HOME: ofUser = "" } = process.env;
  if (isAbsolute(ofService)) return ofService;
  if (isAbsolute(ofUser)) return join(ofUser, "sluice");
  // root may have been given the environment of another.
  return join(process.getuid?.() === 0 ? userInfo().homedir : homedir(), ".cache/sluice");
}

/** Returns the folder, or the one above it, that others than this user and root may change; undefined where there is none. @param {string} folder @returns {string | undefined} */
function openToOthers(folder, isInside = true) {
  const { uid, mode } = statSync(folder);
  if (uid !== 0 && uid !== process.getuid?.()) return folder;
  const isSticky = !isInside && (mode & 0o1000) !== 0; // as /tmp: others may write there, and leave alone what is ours
  if ((mode & othersMayWrite) !== 0 && !isSticky) return folder;
  return dirname(folder) === folder ? undefined : openToOthers(dirname(folder), false);
}
