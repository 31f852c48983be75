import { chmod, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Lets every user read a folder and everything in it, whatever the umask: a function may run as a user of its own. */
export async function makeWorldReadable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode | 0o444);
  }
}
