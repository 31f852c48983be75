import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  futimesSync,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  type Stats,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { copyFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { changeOwner } from "../files/change-owner.ts";
import { FolderCache } from "../files/folder-cache.ts";
import { descriptorPath, isSame, type OpenFolder, pathOnly, withPath } from "../files/open-folder.ts";
import { yieldToEventLoop } from "../yield-to-event-loop.ts";
import { namesIn, systemPath, type SystemPath } from "../files/system-path.ts";
import type { CleanupList } from "./cleanup-list.ts";
import type { Instruction } from "./instructions.ts";
import type { Attributes, InstallationPlan } from "./plan.ts";
import { PermissionPass } from "./permission-pass.ts";
import { PermissionSetter, type PermissionStep } from "./set-permissions.ts";

/** Files that are copied at the same time: enough to keep the thread pool busy, few to have begun when the agent is killed. */
const copiesAtOnce = 16;

/** Steps between which the agent does nothing else. */
const stepsPerTurn = 64;

/** What an installer works with. */
export interface InstallerOptions {
  readonly list: CleanupList;
  /** Whether permissions of a symbolic link change what it leads to. */
  readonly followsLinks: boolean;
  /** Folders of the previous revision that were to vanish, as they were before: some may hold new things by now, and stay. */
  readonly remaining: ReadonlyMap<string, Stats>;
  /** What the names of files begin with that are not in their places yet. */
  readonly temporaryPrefix: string;
  readonly warn: (line: string) => void;
}

/** Carries out the steps of one installation, and notes on the list what the next one has to remove. Whatever it does is done on descriptors of folders that were reached without a link, and of files that it has made itself. */
export class Installer {
  readonly #plan: InstallationPlan;
  readonly #options: InstallerOptions;
  readonly #givesAway = process.getuid?.() === 0;
  readonly #setter = new PermissionSetter();
  /** Permissions of each file and folder, in order. */
  readonly #permissions: ReadonlyMap<string, readonly PermissionStep[]>;
  /** What the folders are that were made. */
  readonly #made = new Map<string, Stats>();
  readonly #links = new Set<string>();
  #copies = 0;

  constructor(plan: InstallationPlan, options: InstallerOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#permissions = permissionsByFile(plan.instructions);
  }

  /** Makes the folders that stand in folders which are there, and looks whether those may be written to: what the system refuses it refuses now, while the previous revision is in place. Gives the folders made. */
  begin(): ReadonlySet<string> {
    const folders = new FolderCache();
    try {
      for (const path of this.#plan.targetFolders) mustBeWritable(folders.open(path), path);
      for (const path of this.#plan.firstFolders) this.#makeFolder(path, folders);
      return new Set(this.#made.keys());
    } catch (error) {
      for (const path of [...this.#made.keys()].toReversed()) removeIfEmpty(folders, path);
      throw error;
    } finally {
      folders.close();
    }
  }

  /** Carries out all steps. Folders are made in order, files copied several at a time with their permissions, and permissions of folders follow. */
  async carryOut(): Promise<void> {
    const { instructions } = this.#plan;
    const folders = new FolderCache();
    try {
      // A lane that fails closes what all of them take from, and so ends the others after their copies.
      const left = written(instructions);
      const lanes = await Promise.allSettled(Array.from({ length: copiesAtOnce }, () => this.#write(left, folders)));
      for (const lane of lanes) if (lane.status === "rejected") throw lane.reason;
      await this.#finish(folders);
    } finally {
      folders.close();
    }
  }

  async #write(left: Iterable<Written>, folders: FolderCache): Promise<void> {
    for (const step of left) {
      if (step.type === "mkdir") {
        const path = this.#realPath(step.directory);
        if (!this.#made.has(path)) this.#makeFolder(path, folders);
        this.#options.list.note(path);
      } else {
        const path = this.#realPath(step.destination);
        this.#options.list.note(path);
        await folders.during(dirname(path), (folder) => this.#copy(step, folder, basename(path)));
      }
    }
  }

  #makeFolder(path: string, folders: FolderCache): void {
    const parent = folders.open(dirname(path));
    try {
      mkdirSync(parent.at(basename(path)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw withPath(error, path);
      // Anything else than a folder cannot be opened. What the previous revision has left of its own is taken up.
      const standing = folders.open(path).stat();
      if (isSame(standing, this.#options.remaining.get(path))) this.#made.set(path, standing);
      return;
    }
    const folder = folders.open(path);
    // Whoever the parent belongs to may have put another folder of root's here meanwhile, which is not made ours by that.
    if (namesIn(folder.path).length === 0) this.#made.set(path, folder.stat());
  }

  async #finish(folders: FolderCache): Promise<void> {
    const pass = new PermissionPass({ ...this.#options, folders, setter: this.#setter, made: this.#made });
    const made = new Set(this.#plan.instructions.flatMap((step) => (step.type === "mkdir" ? [step.directory] : [])));
    let done = 0;
    for (const [path, steps] of this.#permissions) {
      if ((done += 1) % stepsPerTurn === 0) await yieldToEventLoop();
      const real = this.#realPath(path);
      if (made.has(path)) pass.folder(real, steps);
      else if (this.#links.has(path)) pass.link(real, steps);
      else pass.file(real, steps);
    }
  }

  /** A file appears complete or not at all: it is written beside its place, gets its permissions, and is renamed. Mode, times and, for root, owner come along. */
  async #copy(step: { source: string; destination: string }, folder: OpenFolder, name: string): Promise<void> {
    const temporary = folder.at(`${this.#options.temporaryPrefix}${(this.#copies += 1)}`);
    const attributes = this.#plan.attributes.get(step.destination);
    const steps = this.#permissions.get(step.destination) ?? [];
    try {
      if (attributes === undefined || attributes.isLink) this.#copyLink(step, temporary, steps);
      else await this.#copyFile(systemPath(step.source), temporary, { attributes, steps });
      renameSync(temporary, folder.at(name));
    } catch (error) {
      removeIfThere(temporary);
      throw withPath(error, step.destination);
    }
  }

  async #copyFile(
    source: SystemPath,
    temporary: SystemPath,
    { attributes, steps }: { attributes: Attributes; steps: readonly PermissionStep[] },
  ): Promise<void> {
    const { mode, uid, gid, atimeMs, mtimeMs } = attributes;
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const file = openSync(temporary, flags, 0o600);
    try {
      // Only this is worth a detour through the thread pool: the calls below are shorter than it.
      await copyFile(source, descriptorPath(file), constants.COPYFILE_FICLONE); // with its mode
      if (this.#givesAway) changeOwner(file, { uid, gid });
      fchmodSync(file, mode & 0o7777); // after the owner, whose change clears setuid bits
      futimesSync(file, atimeMs / 1000, mtimeMs / 1000);
      this.#setter.set(file, steps);
    } finally {
      closeSync(file);
    }
  }

  /** A link has an owner and nothing else of its own. */
  #copyLink(
    { source, destination }: { source: string; destination: string },
    temporary: SystemPath,
    steps: readonly PermissionStep[],
  ): void {
    symlinkSync(readlinkSync(systemPath(source), { encoding: "buffer" }), temporary);
    this.#links.add(destination);
    const owners = steps.filter(({ type }) => type === "chown");
    if (owners.length === 0 || this.#options.followsLinks) return;
    const link = openSync(temporary, pathOnly | constants.O_NOFOLLOW);
    try {
      const stat = fstatSync(link);
      if (!stat.isSymbolicLink() || stat.nlink !== 1 || stat.uid !== process.geteuid?.())
        throw new Error("Somebody has exchanged it meanwhile");
      this.#setter.set(link, owners);
    } finally {
      closeSync(link);
    }
  }

  #realPath(path: string): string {
    return this.#plan.realPaths.get(path) ?? path;
  }
}

const isPermission = (step: Instruction): step is PermissionStep => step.type !== "mkdir" && step.type !== "copy";

function mustBeWritable(folder: OpenFolder, path: string): void {
  try {
    accessSync(folder.path, constants.W_OK);
  } catch (error) {
    throw withPath(error, path);
  }
}

function removeIfEmpty(folders: FolderCache, path: string): void {
  try {
    rmdirSync(folders.open(dirname(path)).at(basename(path)));
  } catch {
    // Somebody has put something there: the error that brought us here is the one to tell.
  }
}

function removeIfThere(path: SystemPath): void {
  try {
    unlinkSync(path);
  } catch {
    // It was not made, or somebody has put a folder there: the error that brought us here is the one to tell.
  }
}

type Written = Extract<Instruction, { type: "mkdir" | "copy" }>;

/** The steps that make something. */
function* written(instructions: readonly Instruction[]): Iterable<Written> {
  for (const step of instructions) if (step.type === "mkdir" || step.type === "copy") yield step;
}

function permissionsByFile(instructions: readonly Instruction[]): ReadonlyMap<string, readonly PermissionStep[]> {
  const found = new Map<string, PermissionStep[]>();
  for (const step of instructions.filter(isPermission)) {
    const others = found.get(step.file);
    if (others === undefined) found.set(step.file, [step]);
    else others.push(step);
  }
  return found;
}
