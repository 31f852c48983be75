import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

/** The folders of system programs, which an ordinary user's PATH often lacks. */
const systemFolders = ["/usr/sbin", "/sbin"];

/** Returns where this package looks for the system's programs: along the caller's PATH, then in the folders of system programs. Each look must give what every other does, so all of them are here. */
export function programPath(): string {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
  return [...new Set([...folders, ...systemFolders])].join(delimiter);
}

/** Returns the absolute path of a program; undefined where this machine has none of that name. */
export function findProgram(name: string): string | undefined {
  return programPath()
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isProgram);
}

/** Returns the absolute path of a program. Throws with its name and where it was looked for. */
export function programFile(name: string): string {
  const found = findProgram(name);
  if (found === undefined) throw new Error(`Cannot find the program ${name} in ${programPath()}`);
  return found;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // not there, or not for us
  }
}
