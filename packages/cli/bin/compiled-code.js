// Where Node keeps what it has compiled of this program, which is half of a start.
import { existsSync, mkdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Who may write here could change what this user runs. */
const othersMayWrite = 0o022;

/**
 * Returns the folder for compiled code. In a clone it is with the installed packages: it goes when they go, and nobody else may
 * write there. What is installed writes nothing where it lies: the folder is this user's cache then, and undefined where somebody
 * else could lay code there, as for root with the home of another.
 */
export function folderOfCompiledCode() {
  const here = fileURLToPath(new URL("../", import.meta.url));
  if (existsSync(join(here, "src/main.ts"))) return join(here, "../../node_modules/.cache/sluice/code");
  const { CACHE_DIRECTORY: ofService = "", XDG_CACHE_HOME: ofUser = "" } = process.env;
  const folder = isAbsolute(ofService)
    ? join(ofService, "code")
    : join(isAbsolute(ofUser) ? ofUser : join(homedir(), ".cache"), "sluice/code");
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return isOursAlone(folder) ? folder : undefined;
  } catch {
    return undefined; // it cannot be made: nothing is lost but time
  }
}

/** Whether only this user and root may change a folder, or any above it. @param {string} folder */
function isOursAlone(folder) {
  const { uid, mode } = statSync(folder);
  if (uid !== 0 && uid !== process.getuid?.()) return false;
  const isSticky = (mode & 0o1000) !== 0; // as /tmp: others may write there, and leave alone what is ours
  if ((mode & othersMayWrite) !== 0 && !isSticky) return false;
  return dirname(folder) === folder || isOursAlone(dirname(folder));
}
