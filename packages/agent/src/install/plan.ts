import { type Dirent, lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import type { AppSpec } from "@sluice/engine/appspec";
import { entryPath } from "../entry-path.ts";
import type { Instruction } from "./instructions.ts";
import { planPermissions } from "./plan-permissions.ts";

/** What a plan is made from. */
export interface PlanInput {
  readonly archive: string;
  readonly appSpec: AppSpec;
  /** DISALLOW, OVERWRITE or RETAIN; anything else shows when it matters (agent.md §5.2). */
  readonly fileExistsBehavior: string;
  readonly installRoot: string | undefined;
  /** Paths that will be gone before the plan is carried out: what the previous revision has installed. */
  readonly absent: ReadonlySet<string>;
}

/** Everything that Install will do, in order, and what about it is probably not meant so. */
export interface InstallationPlan {
  readonly instructions: readonly Instruction[];
  readonly warnings: readonly string[];
}

/** Plans an installation. Throws AWS's sentence when it cannot be done; nothing has been touched then (agent.md §5). */
export function planInstallation(input: PlanInput): InstallationPlan {
  const plan = new Plan(input);
  for (const { source, destination } of input.appSpec.files)
    plan.add(join(input.archive, source), onHost(input, destination));
  const permissions = planPermissions(
    input.appSpec.permissions.map((permission) => ({ ...permission, object: onHost(input, permission.object) })),
    plan,
  );
  return { instructions: [...plan.instructions, ...permissions.instructions], warnings: permissions.warnings };
}

/** A path of the AppSpec file as a path of this host. */
function onHost({ installRoot }: PlanInput, path: string): string {
  return normalize(join(installRoot ?? "/", path)).replace(/(.)\/$/, "$1");
}

class Plan {
  readonly instructions: Instruction[] = [];
  readonly copies = new Map<string, string>();
  readonly folders = new Map<string, string>();
  readonly #input: PlanInput;

  constructor(input: PlanInput) {
    this.#input = input;
  }

  /** Plans one entry of `files`: a folder's content goes below the destination, a file into it. */
  add(source: string, destination: string): void {
    const kind = statSync(source, { throwIfNoEntry: false }) ?? lstatSync(source, { throwIfNoEntry: false });
    if (kind === undefined)
      throw new Error(
        `The deployment failed because the source "${source.slice(this.#input.archive.length + 1)}" in the files section of the application specification file is not in the revision`,
      );
    if (kind.isDirectory()) this.#addFolder(source, destination, [realpathSync.native(source)]);
    else {
      this.#addAncestors(source, destination);
      this.#addFile(source, join(destination, basename(source)));
    }
  }

  #addFolder(source: string, destination: string, trail: readonly string[]): void {
    this.#addAncestors(source, destination);
    for (const entry of readdirSync(source, { withFileTypes: true }).toSorted(byName)) {
      const from = entryPath(source, entry.name);
      const to = entryPath(destination, entry.name);
      if (!leadsToFolder(entry, from)) {
        this.#addFile(from, to);
        continue;
      }
      const real = realpathSync.native(from);
      if (trail.includes(real))
        throw new Error(
          `The deployment failed because the link "${from.slice(this.#input.archive.length + 1)}" in the revision leads back to a folder that holds it`,
        );
      this.#addFolder(from, to, [...trail, real]);
    }
  }

  #addAncestors(source: string, folder: string): void {
    if (folder === "/" || folder === "." || this.folders.has(folder)) return;
    if (this.#exists(folder) && statSync(folder).isDirectory()) return;
    if (this.copies.has(folder))
      throw new Error(
        `The deployment failed because the application specification file includes an mkdir command more than once for the same destination path (${folder}) from (${source}). Update the files section of the AppSpec file, and then try again.`,
      );
    if (this.#exists(folder))
      throw new Error(`The deployment failed because the folder "${folder}" cannot be made: a file stands there`);
    this.#addAncestors(source, dirname(folder));
    this.folders.set(folder, source);
    this.instructions.push({ type: "mkdir", directory: folder });
  }

  #addFile(source: string, destination: string): void {
    const other = this.copies.get(destination);
    if (other !== undefined)
      throw new Error(
        `The deployment failed because the application specification file specifies two source files named ${source} and ${other} for the same destination (${destination}). Remove one of the source file paths from the AppSpec file, and then try again.`,
      );
    if (this.folders.has(destination))
      throw new Error(
        `The deployment failed because the application specification file calls for installing the file ${source}, but a file with that name already exists at the location (${destination}). Update your AppSpec file or directory structure, and then try again.`,
      );
    if (this.#exists(destination) && !this.#mayReplace(destination)) return;
    this.copies.set(destination, source);
    this.instructions.push({ type: "copy", source, destination });
  }

  #mayReplace(path: string): boolean {
    switch (this.#input.fileExistsBehavior) {
      case "OVERWRITE":
        if (statSync(path).isDirectory())
          throw new Error(`The deployment failed because the file "${path}" cannot be written: a folder stands there`);
        return true;
      case "RETAIN":
        return false;
      case "DISALLOW":
        throw new Error(`The deployment failed because a specified file already exists at this location: ${path}`);
      default:
        throw new Error(
          `The deployment failed because an invalid option was specified for fileExistsBehavior: ${this.#input.fileExistsBehavior}. Valid options include OVERWRITE, RETAIN, and DISALLOW.`,
        );
    }
  }

  #exists(path: string): boolean {
    return !this.#input.absent.has(path) && statSync(path, { throwIfNoEntry: false }) !== undefined;
  }
}

const leadsToFolder = (entry: Dirent, path: string): boolean =>
  entry.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false })?.isDirectory() === true : entry.isDirectory();

const byName = (a: Dirent, b: Dirent): number => (a.name < b.name ? -1 : 1);
