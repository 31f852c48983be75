import { fchownSync } from "node:fs";

/** Makes a file another one's. In a user namespace that does not know the number, it stays whose it is. */
export function changeOwner(file: number, { uid, gid }: { readonly uid: number; readonly gid: number }): void {
  try {
    fchownSync(file, uid, gid);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EINVAL" && code !== "EPERM") throw error;
  }
}
