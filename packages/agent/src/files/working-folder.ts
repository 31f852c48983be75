import { existsSync, readlinkSync } from "node:fs";

/** The folder that this process works in; the root folder when somebody has deleted that, and from then on. */
export function workingFolder(): string {
  leaveDeletedFolder();
  return process.cwd();
}

/** Goes to the root folder when the one that this process works in has been deleted: scripts begin in it, and shells and other programs fail where there is none. */
export function leaveDeletedFolder(): void {
  // Node keeps what it was told of the folder, so the system is asked.
  const own = "/proc/self/cwd";
  if (existsSync("/proc/self") && !existsSync(readlinkSync(own, { encoding: "buffer" }))) process.chdir("/");
}
