import { spawnSync } from "node:child_process";
import type { SemanageContext } from "./instructions.ts";

/** Sets the SELinux context of a path without links, in the policy and on the file. */
export function setContext(path: string, { user, type, range }: SemanageContext): void {
  run("semanage", [
    "fcontext",
    "-a",
    ...(user === null ? [] : ["-s", user]),
    "-t",
    type,
    ...(range === null ? [] : ["-r", range]),
    path,
  ]);
  // Without -F only the type would be set, not the user and the range.
  run("restorecon", ["-vF", path]);
}

/** Removes the context of a path from the policy. */
export function forgetContext(path: string): void {
  spawnSync("semanage", ["fcontext", "-d", path]);
}

function run(command: string, words: readonly string[]): void {
  const { status, error } = spawnSync(command, words);
  if (status === 0) return;
  throw new Error(
    `The deployment failed because the application specification file contains an error in the settings for the context parameter. Update the permissions section of the AppSpec file, and then try again. Failed command: ${[command, ...words].join(" ")}. Exit code: ${error?.message ?? status}`,
  );
}
