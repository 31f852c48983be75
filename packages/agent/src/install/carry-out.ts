import { chmod, chown, copyFile, lstat, mkdir, readlink, rename, rm, symlink, utimes } from "node:fs/promises";
import { groupId, userId } from "./accounts.ts";
import { setAcl } from "./acl.ts";
import type { CleanupList } from "./cleanup.ts";
import type { Instruction } from "./instructions.ts";
import { setContext } from "./security-context.ts";

/** Carries out one step of an installation, and notes on the list what the next one has to remove. */
export async function carryOut(instruction: Instruction, list: CleanupList): Promise<void> {
  switch (instruction.type) {
    case "mkdir":
      await mkdir(instruction.directory, { recursive: true });
      return list.note(instruction.directory);
    case "copy":
      list.note(instruction.destination);
      return copy(instruction.source, instruction.destination);
    case "chown":
      return chown(instruction.file, idOf(instruction.owner, userId), idOf(instruction.group, groupId));
    case "chmod":
      return chmod(instruction.file, Number.parseInt(instruction.mode, 8));
    case "setfacl":
      return setAcl(instruction.file, instruction.acl);
    case "semanage":
      list.noteContext(instruction.file);
      return setContext(instruction.file, instruction.context);
  }
}

/** -1 leaves an owner as it is; names were looked up when the plan was made. */
const idOf = (name: string | null, lookUp: (name: string) => number | undefined): number =>
  name === null ? -1 : (lookUp(name) ?? -1);

/** A file appears complete or not at all: it is written beside its place and renamed. Mode, times and, for root, owner come along. */
async function copy(source: string, destination: string): Promise<void> {
  const temporary = `${destination}.sluice-${process.pid}`;
  const { mode, uid, gid, atime, mtime, ...kind } = await lstat(source).then((found) => ({
    mode: found.mode & 0o7777,
    uid: found.uid,
    gid: found.gid,
    atime: found.atime,
    mtime: found.mtime,
    isLink: found.isSymbolicLink(),
  }));
  try {
    await rm(temporary, { force: true });
    if (kind.isLink) await symlink(await readlink(source), temporary);
    else {
      await copyFile(source, temporary);
      if (process.getuid?.() === 0) await chown(temporary, uid, gid);
      await chmod(temporary, mode);
      await utimes(temporary, atime, mtime);
    }
    await rename(temporary, destination);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
