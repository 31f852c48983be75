import { existsSync, readlinkSync } from "node:fs";

/** Returns the current directory; if it has been deleted, changes to the root folder first. */
export function workingFolder(): string {
  leaveDeletedFolder();
  return process.cwd();
}

/** Changes to the root folder if the current directory has been deleted: scripts start in it, and shells and other programs fail without one. */
export function leaveDeletedFolder(): void {
  // Node caches the current directory, so the system is asked.
  const own = "/proc/self/cwd";
  if (existsSync("/proc/self") && !existsSync(readlinkSync(own, { encoding: "buffer" }))) process.chdir("/");
}
