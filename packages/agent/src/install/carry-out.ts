import {
  chmodSync,
  chownSync,
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
import { copyFile } from "node:fs/promises";
import { dirname } from "node:path";
import { entryPath } from "../entry-path.ts";
import { othersTurn } from "../others-turn.ts";
import { groupId, userId } from "./accounts.ts";
import { setAcl } from "./acl.ts";
import type { CleanupList } from "./cleanup.ts";
import type { Instruction } from "./instructions.ts";
import { setContext } from "./security-context.ts";

/** Files that are copied at the same time: enough to keep the thread pool busy, few to have begun when the agent is killed. */
const copiesAtOnce = 16;

/** Steps between which the agent does nothing else. */
const stepsPerTurn = 64;

/** Carries out the steps of one installation, and notes on the list what the next one has to remove. */
export class Installer {
  readonly #list: CleanupList;
  readonly #followsLinks: boolean;
  readonly #warn: (line: string) => void;
  /** Modes that were asked for: giving a file away clears its setuid bit. */
  readonly #modes = new Map<string, number>();
  readonly #givesAway = process.getuid?.() === 0;
  #copies = 0;

  /** `followsLinks`: whether permissions of a symbolic link change what it leads to. */
  constructor(list: CleanupList, { followsLinks, warn }: { followsLinks: boolean; warn: (line: string) => void }) {
    this.#list = list;
    this.#followsLinks = followsLinks;
    this.#warn = warn;
  }

  /** Carries out all steps. Folders are made in order, files copied several at a time, and permissions follow. */
  async carryOut(instructions: readonly Instruction[]): Promise<void> {
    // A lane that fails closes what all of them take from, and so ends the others after their copies.
    const left = instructions.values().filter((step) => step.type === "mkdir" || step.type === "copy");
    const lanes = await Promise.allSettled(Array.from({ length: copiesAtOnce }, () => this.#write(left)));
    for (const lane of lanes) if (lane.status === "rejected") throw lane.reason;
    for (const [index, step] of instructions.entries()) {
      if (index % stepsPerTurn === 0) await othersTurn();
      if (step.type !== "mkdir" && step.type !== "copy") this.#setPermission(step);
    }
  }

  async #write(left: Iterable<Extract<Instruction, { type: "mkdir" | "copy" }>>): Promise<void> {
    for (const step of left) {
      if (step.type === "mkdir") {
        mkdirSync(step.directory, { recursive: true });
        this.#list.note(step.directory);
      } else {
        this.#list.note(step.destination);
        await this.#copy(step.source, step.destination);
      }
    }
  }

  /** A file appears complete or not at all: it is written beside its place and renamed. Mode, times and, for root, owner come along. */
  async #copy(source: string, destination: string): Promise<void> {
    const temporary = entryPath(dirname(destination), `.sluice-${process.pid}-${(this.#copies += 1)}`);
    const kind = lstatSync(source);
    const { mode, uid, gid, atimeMs, mtimeMs } = kind;
    try {
      if (kind.isSymbolicLink()) symlinkSync(readlinkSync(source), temporary);
      else {
        // Only this is worth a detour through the thread pool: the calls below are shorter than it.
        await copyFile(source, temporary, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL); // with its mode
        if (this.#givesAway) chownSync(temporary, uid, gid);
        if ((mode & 0o6000) !== 0) chmodSync(temporary, mode & 0o7777); // cleared with a new owner
        utimesSync(temporary, atimeMs / 1000, mtimeMs / 1000);
      }
      renameSync(temporary, destination);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
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
