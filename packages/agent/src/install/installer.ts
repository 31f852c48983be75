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

/** Files that are copied at once: enough to keep the thread pool busy, and few to be unfinished when the agent is killed. */
const copiesAtOnce = 16;

/** Steps before other work of the agent gets its turn. */
const stepsPerTurn = 64;

/** What an installer needs. */
export interface InstallerOptions {
  readonly list: CleanupList;
  /** Whether permissions of a symbolic link are applied to its target. */
  readonly followsLinks: boolean;
  /** Folders of the previous revision that were to be removed, with their status before: those with new content by then stay. */
  readonly remaining: ReadonlyMap<string, Stats>;
  /** The prefix of the names that files have until they are complete. */
  readonly temporaryPrefix: string;
  readonly warn: (line: string) => void;
}

/** Carries out the instructions of an installation, and lists what the next one has to remove. It works on descriptors only: of folders that it opened without following links, and of files that it has created itself. */
export class Installer {
  readonly #plan: InstallationPlan;
  readonly #options: InstallerOptions;
  readonly #isRoot = process.getuid?.() === 0;
  readonly #setter = new PermissionSetter();
  /** The permission steps of each file and folder, in order. */
  readonly #permissions: ReadonlyMap<string, readonly PermissionStep[]>;
  /** The status of the folders that were created. */
  readonly #made = new Map<string, Stats>();
  readonly #links = new Set<string>();
  #copies = 0;

  constructor(plan: InstallationPlan, options: InstallerOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#permissions = permissionsByFile(plan.instructions);
  }

  /** Creates the topmost new folders, and checks that existing ones are writable: what the system refuses fails now, while the previous revision is still in place. Returns the created folders. */
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

  /** Carries out all instructions. Folders are created in order, files copied several at once with their permissions, and the permissions of folders set last. */
  async carryOut(): Promise<void> {
    const { instructions } = this.#plan;
    const folders = new FolderCache();
    try {
      // A lane that fails closes the iterator that all of them share, so the others end after their current copy.
      const left = writes(instructions);
      const lanes = await Promise.allSettled(Array.from({ length: copiesAtOnce }, () => this.#write(left, folders)));
      for (const lane of lanes) if (lane.status === "rejected") throw lane.reason;
      await this.#finish(folders);
    } finally {
      folders.close();
    }
  }

  async #write(left: Iterable<Write>, folders: FolderCache): Promise<void> {
    for (const step of left) {
      if (step.type === "mkdir") {
        const path = this.#realPath(step.directory);
        if (!this.#made.has(path)) this.#makeFolder(path, folders);
        this.#options.list.add(path);
      } else {
        const path = this.#realPath(step.destination);
        this.#options.list.add(path);
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
      // Opening fails unless it is a folder. One that the previous revision has left is taken over.
      const standing = folders.open(path).stat();
      if (isSame(standing, this.#options.remaining.get(path))) this.#made.set(path, standing);
      return;
    }
    const folder = folders.open(path);
    // The parent's owner may have moved another folder of root's here meanwhile; an empty one does no harm.
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

  /** Copies a file so that it appears complete or not at all: under a temporary name it gets its content, mode, times, for root its owner, and its permissions, and then it is renamed. */
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
      // Only this call is long enough to be worth the thread pool.
      await copyFile(source, descriptorPath(file), constants.COPYFILE_FICLONE); // sets the mode, too
      if (this.#isRoot) changeOwner(file, { uid, gid });
      fchmodSync(file, mode & 0o7777); // after chown, which clears setuid bits
      futimesSync(file, atimeMs / 1000, mtimeMs / 1000);
      this.#setter.set(file, steps);
    } finally {
      closeSync(file);
    }
  }

  /** Copies a link. Of the permissions only an owner applies to a link itself. */
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
    // Somebody has put something there; the original error is reported.
  }
}

function removeIfThere(path: SystemPath): void {
  try {
    unlinkSync(path);
  } catch {
    // It was not created, or somebody has put a folder there; the original error is reported.
  }
}

type Write = Extract<Instruction, { type: "mkdir" | "copy" }>;

/** Yields the instructions that create something. */
function* writes(instructions: readonly Instruction[]): Iterable<Write> {
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
