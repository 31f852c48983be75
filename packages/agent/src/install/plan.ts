import { lstatSync, realpathSync, type Stats } from "node:fs";
import { basename, dirname, join, normalize, sep } from "node:path";
import type { AppSpec } from "@sluice/engine/appspec";
import type { ArchiveAttributes, FileAttributes } from "../deployment/archive-attributes.ts";
import { entryPath } from "../files/entry-path.ts";
import { entriesIn, shownPath, systemPath } from "../files/system-path.ts";
import type { Instruction } from "./instructions.ts";
import { planPermissions } from "./plan-permissions.ts";
import { type FolderDestination, Destinations } from "./destinations.ts";
import { checkDiskSpace, type SpaceDemand } from "./disk-space.ts";
import type { Removals } from "./cleanup-list.ts";

/** What a plan is made from. */
export interface PlanInput {
  readonly archive: string;
  /** The attributes of its files that were deferred when it was unpacked. */
  readonly attributes?: ArchiveAttributes | undefined;
  readonly appSpec: AppSpec;
  /** DISALLOW, OVERWRITE or RETAIN; anything else fails only when a file exists (agent.md §5.2). */
  readonly fileExistsBehavior: string;
  readonly installRoot: string | undefined;
  /** What will be removed before the plan is carried out: what the previous revision has installed. */
  readonly removals: Removals;
  /** Whether setuid and setgid files are allowed. */
  readonly allowsSetuid: boolean;
  /** Whether destinations may contain `..`. */
  readonly allowsTraversal: boolean;
}

/** Everything that Install will do, in order, with warnings about what is probably a mistake. */
export interface InstallationPlan {
  readonly instructions: readonly Instruction[];
  /** Paths without links, by destination, where the two differ. */
  readonly realPaths: ReadonlyMap<string, string>;
  /** The topmost new folders: those that will be created in existing ones. */
  readonly firstFolders: readonly string[];
  /** Existing folders in which something is written. */
  readonly targetFolders: ReadonlySet<string>;
  /** The attributes of each file, by destination. */
  readonly attributes: ReadonlyMap<string, Attributes>;
  readonly warnings: readonly string[];
}

/** The attributes that a copy of a file gets. */
export type Attributes = Pick<Stats, "mode" | "uid" | "gid" | "atimeMs" | "mtimeMs"> & { readonly isLink: boolean };

/** Plans an installation. Throws AWS's sentence when it cannot be done; nothing has been touched then (agent.md §5). */
export function planInstallation(input: PlanInput): InstallationPlan {
  const destinations = new Destinations(input.removals.paths);
  try {
    const plan = new Plan(input, destinations);
    for (const { source, destination } of input.appSpec.files) plan.add(source, onHost(input, "files", destination));
    const permissions = planPermissions(
      input.appSpec.permissions.map((permission) => ({
        ...permission,
        object: onHost(input, "permissions", permission.object),
      })),
      plan,
      input,
    );
    checkDiskSpace(plan.demands.values(), input);
    return {
      instructions: [...plan.instructions, ...permissions.instructions],
      realPaths: plan.realPaths,
      firstFolders: plan.firstFolders,
      targetFolders: plan.targetFolders,
      attributes: plan.attributes,
      warnings: permissions.warnings,
    };
  } finally {
    destinations.close();
  }
}

/** Returns a path of the AppSpec file as a path of this host. */
function onHost({ installRoot, allowsTraversal }: PlanInput, section: string, path: string): string {
  if (!allowsTraversal && path.split("/").includes(".."))
    throw new Error(
      `The deployment failed because a path in the ${section} section of the application specification file (${path}) uses '..' components, by which it may lead elsewhere than it looks. Name the whole path without them; or set reject_path_traversal_in_bundle: false to allow it`,
    );
  return join(installRoot ?? "/", normalize(join("/", path))).replace(/(.)\/$/, "$1");
}

/** The longest path and the longest name that Linux accepts, in bytes. */
const pathBytesMax = 4095;
const nameBytesMax = 255;

class Plan {
  readonly instructions: Instruction[] = [];
  readonly copies = new Map<string, string>();
  readonly folders = new Map<string, string>();
  readonly realPaths = new Map<string, string>();
  readonly firstFolders: string[] = [];
  readonly targetFolders = new Set<string>();
  readonly attributes = new Map<string, Attributes>();
  /** The space that is needed, by existing folder. */
  readonly demands = new Map<string, SpaceDemand>();
  readonly #input: PlanInput;
  readonly #destinations: Destinations;
  /** The source of what is written to each path without links: two destinations may lead to the same path. */
  readonly #writers = new Map<string, string>();

  constructor(input: PlanInput, destinations: Destinations) {
    this.#input = input;
    this.#destinations = destinations;
  }

  /** Plans one entry of `files`: the content of a folder, or a file, goes into the destination. */
  add(name: string, destination: string): void {
    const source = this.#inRevision(name);
    if (look(source)?.isDirectory() === true) this.#addFolder(source, destination);
    else {
      this.#addAncestors(source, destination);
      this.#addFile(source, join(destination, basename(source)), this.#destinations.folder(destination));
    }
  }

  /** Returns the path of a source. A link to a folder is followed unless it leads out of the revision. */
  #inRevision(name: string): string {
    const { archive } = this.#input;
    const source = join(archive, name).replace(/\/$/, "");
    if (source === archive) return source;
    const stat = look(source);
    if (stat === undefined || (name.endsWith("/") && stat.isFile()))
      throw new Error(
        `The deployment failed because the source "${name.replace(/^\//, "")}" in the files section of the application specification file is ${stat === undefined ? "not in the revision" : "a file, and a folder by its slash"}`,
      );
    const root = realpathSync.native(archive);
    if (!isBelow(`${realpathSync.native(systemPath(dirname(source)))}/`, root))
      throw new Error(
        `The deployment failed because the source path '${name}' attempts to escape the deployment archive directory: ${archive}`,
      );
    if (!stat.isSymbolicLink()) return source;
    const real = realPathOf(source);
    return real !== undefined && isBelow(real, root) && look(real)?.isDirectory() === true ? real : source;
  }

  #addFolder(source: string, destination: string): void {
    this.#addAncestors(source, destination);
    const folder = this.#destinations.folder(destination);
    for (const { name, kind } of entriesIn(systemPath(source)).toSorted(byName)) {
      const from = entryPath(source, name);
      const to = entryPath(destination, name);
      if (kind === "folder") this.#addFolder(from, to);
      else this.#addFile(from, to, folder);
    }
  }

  #addAncestors(source: string, folder: string): void {
    if (folder === "/" || this.folders.has(folder)) return;
    if (this.copies.has(folder)) throw this.#twoKinds(folder, source);
    const place = this.#destinations.folder(folder);
    if (place.exists) return;
    this.#addAncestors(source, dirname(folder));
    this.#refuseLong(place.path, folder);
    if (this.#writers.has(place.path)) throw this.#twoKinds(folder, source);
    this.folders.set(folder, source);
    this.#note(folder, place.path);
    this.instructions.push({ type: "mkdir", directory: folder });
    const parent = this.#destinations.folder(dirname(folder));
    if (parent.exists && !this.#destinations.willBeRemoved(place.path)) this.firstFolders.push(place.path);
    this.#demand(parent, 0);
  }

  #twoKinds(folder: string, source: string): Error {
    return new Error(
      `The deployment failed because the application specification file includes an mkdir command more than once for the same destination path (${folder}) from (${source}). Update the files section of the AppSpec file, and then try again.`,
    );
  }

  #addFile(source: string, destination: string, folder: FolderDestination): void {
    const place = this.#destinations.entry(destination, folder);
    const other = this.copies.get(destination) ?? this.#writers.get(place.path);
    if (other !== undefined)
      throw new Error(
        `The deployment failed because the application specification file specifies two source files named ${source} and ${other} for the same destination (${destination}). Remove one of the source file paths from the AppSpec file, and then try again.`,
      );
    if (this.folders.has(destination))
      throw new Error(
        `The deployment failed because the application specification file calls for installing the file ${source}, but a file with that name already exists at the location (${destination}). Update your AppSpec file or directory structure, and then try again.`,
      );
    const stat = this.#sourceOf(source);
    this.#refuseLong(place.path, destination);
    if (place.standing !== undefined && !this.#mayReplace(destination, place.standing)) return;
    this.copies.set(destination, source);
    this.#writers.set(place.path, source);
    this.#note(destination, place.path);
    const { mode, uid, gid, atimeMs, mtimeMs } = stat;
    const deferred = this.#attributesOf(source, stat);
    const isLink = stat.isSymbolicLink();
    this.attributes.set(destination, {
      mode: deferred.mode ?? mode,
      uid: deferred.uid ?? uid,
      gid,
      atimeMs,
      mtimeMs,
      isLink,
    });
    this.#demand(folder, Math.min(stat.size, stat.blocks * 512));
    this.instructions.push({ type: "copy", source, destination });
  }

  /** Returns the status of a source. Throws when it cannot be copied, or has permissions that are not allowed. */
  #sourceOf(source: string): Stats {
    const stat = lstatSync(systemPath(source));
    if (!stat.isFile() && !stat.isSymbolicLink())
      throw new Error(
        `The deployment failed because the revision's "${shownPath(source.slice(this.#input.archive.length + 1))}" is neither a file nor a folder nor a link`,
      );
    const { mode } = { mode: stat.mode, ...this.#attributesOf(source, stat) };
    if (stat.isFile() && (mode & 0o6000) !== 0 && !this.#input.allowsSetuid)
      throw new Error(
        `deployment rejected: file ${shownPath(source)} requests SUID/SGID mode ${(mode & 0o7777).toString(8)}; set reject_unsafe_permissions_in_bundle: false to allow`,
      );
    return stat;
  }

  #attributesOf(source: string, stat: Stats): Partial<FileAttributes> {
    const root = isBelow(source, this.#input.archive) ? this.#input.archive : realpathSync.native(this.#input.archive);
    return (stat.isFile() && this.#input.attributes?.get(source.slice(root.length + 1))) || {};
  }

  #mayReplace(path: string, standing: Stats): boolean {
    switch (this.#input.fileExistsBehavior) {
      case "OVERWRITE":
        if (standing.isDirectory())
          throw new Error(
            `The deployment failed because the file "${shownPath(path)}" cannot be written: a folder stands there`,
          );
        return true;
      case "RETAIN":
        return false;
      case "DISALLOW":
        throw new Error(
          `The deployment failed because a specified file already exists at this location: ${shownPath(path)}`,
        );
      default:
        throw new Error(
          `The deployment failed because an invalid option was specified for fileExistsBehavior: ${this.#input.fileExistsBehavior}. Valid options include OVERWRITE, RETAIN, and DISALLOW.`,
        );
    }
  }

  /** Whether a path of this host is a folder. */
  readonly isFolder = (path: string): boolean => this.#destinations.isFolder(path);

  #note(path: string, real: string): void {
    if (path !== real) this.realPaths.set(path, real);
  }

  #demand({ path, exists }: FolderDestination, bytes: number): void {
    if (exists) this.targetFolders.add(path);
    const folder = this.#nearest({ path, exists });
    const demand = this.demands.get(folder) ?? { folder, bytes: 0, entries: 0 };
    demand.bytes += bytes;
    demand.entries += 1;
    this.demands.set(folder, demand);
  }

  /** Returns the nearest existing folder on the way to this one, by whose file system the space is counted. */
  #nearest({ path, exists }: FolderDestination): string {
    return exists ? path : this.#nearest(this.#destinations.folder(dirname(path)));
  }

  #refuseLong(real: string, path: string): void {
    if (real.length <= nameBytesMax) return; // most are short enough in any encoding
    if (Buffer.byteLength(real) <= pathBytesMax && Buffer.byteLength(basename(real)) <= nameBytesMax) return;
    throw new Error(
      `The deployment failed because "${shownPath(path)}" is too long for a path: ${nameBytesMax} bytes for each name and ${pathBytesMax} in all is what the system takes`,
    );
  }
}

const isBelow = (path: string, folder: string): boolean => path.startsWith(folder + sep);

function look(path: string): Stats | undefined {
  try {
    return lstatSync(systemPath(path), { throwIfNoEntry: false });
  } catch {
    return undefined; // a part of the path is a looping link, for example
  }
}

/** Returns a path without links, or undefined when they lead nowhere. */
function realPathOf(path: string): string | undefined {
  try {
    return realpathSync.native(systemPath(path));
  } catch {
    return undefined; // a dangling or looping link, which is copied like any other
  }
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : 1);
