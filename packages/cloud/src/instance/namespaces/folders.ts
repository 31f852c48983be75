import { closeSync, openSync } from "node:fs";
import { join } from "node:path";

/** The folders of the driver, as one side sees them: the server and netd may know one folder by two paths. */
export interface StateFolders {
  readonly state: string;
  readonly base: string;
  readonly instances: string;
  readonly tasks: string;
}

/** Returns the folders below a state folder. */
export function stateFolders(state: string): StateFolders {
  return { state, base: join(state, "base"), instances: join(state, "instances"), tasks: join(state, "tasks") };
}

/** Returns the state folder of a data folder. */
export function stateFolderOf(dataFolder: string): string {
  return join(dataFolder, "cloud", "ns");
}

/** The names of the two sockets in the state folder: netd's control socket, and the one by which instances reach outside. */
export const sockets = { control: "control.sock", outside: "outside.sock" } as const;

/**
 * Runs `use` with a short name for a socket in a folder. A socket's path has at most 107 bytes, and folders are often
 * deeper; through an open descriptor any folder has a short name.
 */
export async function withSocketPath<Result>(
  folder: string,
  name: string,
  use: (path: string) => Promise<Result>,
): Promise<Result> {
  const descriptor = openSync(folder, "r");
  try {
    return await use(`/proc/self/fd/${descriptor}/${name}`);
  } finally {
    closeSync(descriptor);
  }
}
