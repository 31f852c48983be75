import {
  chmodSync,
  chownSync,
  copyFileSync,
  constants,
  lchownSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { groupId, userId } from "./accounts.ts";
import { setAcl } from "./acl.ts";
import type { CleanupList } from "./cleanup.ts";
import type { Instruction } from "./instructions.ts";
import { setContext } from "./security-context.ts";

/** Carries out the steps of one installation, and notes on the list what the next one has to remove. */
export class Installer {
  readonly #list: CleanupList;
  readonly #followsLinks: boolean;
  readonly #warn: (line: string) => void;
  /** Modes that were asked for: giving a file away clears its setuid bit. */
  readonly #modes = new Map<string, number>();

  /** `followsLinks`: whether permissions of a symbolic link change what it leads to. */
  constructor(list: CleanupList, { followsLinks, warn }: { followsLinks: boolean; warn: (line: string) => void }) {
    this.#list = list;
    this.#followsLinks = followsLinks;
    this.#warn = warn;
  }

  carryOut(instruction: Instruction): void {
    switch (instruction.type) {
      case "mkdir":
        mkdirSync(instruction.directory, { recursive: true });
        return this.#list.note(instruction.directory);
      case "copy":
        this.#list.note(instruction.destination);
        return copy(instruction.source, instruction.destination);
      default:
        return this.#setPermission(instruction);
    }
  }

  #setPermission(instruction: Exclude<Instruction, { type: "mkdir" | "copy" }>): void {
    const { type, file } = instruction;
    const isLink = !this.#followsLinks && lstatSync(file).isSymbolicLink();
    if (isLink && type !== "chown") {
      this.#warn(`Left ${type} of "${file}" aside: it is a link, and what it leads to is not the deployment's`);
      return;
    }
    switch (type) {
      case "chown":
        return this.#chown(instruction, isLink);
      case "chmod":
        this.#modes.set(file, Number.parseInt(instruction.mode, 8));
        return chmodSync(file, instruction.mode);
      case "setfacl":
        return setAcl(file, instruction.acl);
      case "semanage":
        this.#list.noteContext(file);
        return setContext(file, instruction.context);
    }
  }

  #chown({ file, owner, group }: { file: string; owner: string | null; group: string | null }, isLink: boolean): void {
    const [uid, gid] = [idOf(owner, userId), idOf(group, groupId)];
    if (isLink) return lchownSync(file, uid, gid);
    chownSync(file, uid, gid);
    const mode = this.#modes.get(file);
    if (mode !== undefined) chmodSync(file, mode);
  }
}

/** -1 leaves an owner as it is; names were looked up when the plan was made. */
const idOf = (name: string | null, lookUp: (name: string) => number | undefined): number =>
  name === null ? -1 : (lookUp(name) ?? -1);

/** A file appears complete or not at all: it is written beside its place and renamed. Mode, times and, for root, owner come along. */
function copy(source: string, destination: string): void {
  const temporary = `${destination}.sluice-${process.pid}`;
  const kind = lstatSync(source);
  const { mode, uid, gid, atimeMs, mtimeMs } = kind;
  try {
    if (kind.isSymbolicLink()) symlinkSync(readlinkSync(source), temporary);
    else {
      copyFileSync(source, temporary, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
      if (process.getuid?.() === 0) chownSync(temporary, uid, gid);
      chmodSync(temporary, mode & 0o7777);
      utimesSync(temporary, atimeMs / 1000, mtimeMs / 1000);
    }
    renameSync(temporary, destination);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
