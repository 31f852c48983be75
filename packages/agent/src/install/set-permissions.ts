import { chmodSync, chownSync } from "node:fs";
import { descriptorPath } from "../files/open-folder.ts";
import { groupId, userId } from "./accounts.ts";
import { setAcl } from "./acl.ts";
import type { Instruction } from "./instructions.ts";

/** An instruction that changes an owner or permissions. */
export type PermissionStep = Exclude<Instruction, { type: "mkdir" | "copy" }>;

/** Sets permissions by descriptor, because a path may lead to another file by then. */
export class PermissionSetter {
  readonly #users = new Map<string, number>();
  readonly #groups = new Map<string, number>();

  /** Carries out the steps of one file or folder, except SELinux contexts, which are set by path. */
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
          if ((mode & 0o6000) !== 0) chmodSync(path, mode); // chown clears these bits
          break;
        case "semanage":
          break;
      }
    }
  }
}

/** Returns an id for chown: -1, which changes nothing, for null and for a name that is unknown, although the plan knew it. */
function idOf(name: string | null, known: Map<string, number>, lookUp: (name: string) => number | undefined): number {
  if (name === null) return -1;
  const id = known.get(name) ?? lookUp(name) ?? -1;
  known.set(name, id);
  return id;
}
