import { fchownSync } from "node:fs";

/** Changes the owner of a file. Does nothing in a user namespace that does not map the ids. */
export function changeOwner(file: number, { uid, gid }: { readonly uid: number; readonly gid: number }): void {
  try {
    fchownSync(file, uid, gid);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EINVAL" && code !== "EPERM") throw error;
  }
}
