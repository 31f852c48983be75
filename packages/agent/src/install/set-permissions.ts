import { chmodSync, chownSync } from "node:fs";
import { descriptorPath } from "../files/open-folder.ts";
import { groupId, userId } from "./accounts.ts";
import { setAcl } from "./acl.ts";
import type { Instruction } from "./instructions.ts";

/** A step that changes whom something belongs to, or who may do what with it. */
export type PermissionStep = Exclude<Instruction, { type: "mkdir" | "copy" }>;

/** Sets permissions on descriptors: what a path leads to may be another file by then. */
export class PermissionSetter {
  readonly #users = new Map<string, number>();
  readonly #groups = new Map<string, number>();

  /** Carries out the steps for one file or folder, but for SELinux contexts, which go by paths. */
  set(descriptor: number, steps: readonly PermissionStep[]): void {
    const path = descriptorPath(descriptor);
    let mode = 0;
    for (const step of steps) {
      switch (step.type) {
        case "chmod":
          mode = Number.parseInt(step.mode, 8);
          chmodSync(path, mode);
          break;
        case "setfacl":
          setAcl({ descriptor, path: step.file }, step.acl);
          break;
        case "chown":
          chownSync(path, idOf(step.owner, this.#users, userId), idOf(step.group, this.#groups, groupId));
          if ((mode & 0o6000) !== 0) chmodSync(path, mode); // a new owner clears these bits
          break;
        case "semanage":
          break;
      }
    }
  }
}

/** -1 leaves an owner as it is; names were looked up when the plan was made, too. */
function idOf(name: string | null, known: Map<string, number>, lookUp: (name: string) => number | undefined): number {
  if (name === null) return -1;
  const id = known.get(name) ?? lookUp(name) ?? -1;
  known.set(name, id);
  return id;
}
