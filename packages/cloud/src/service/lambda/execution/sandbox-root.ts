import { createHash } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** Something of this machine that a function sees, at a place of its own. */
export interface Bind {
  readonly source: string;
  readonly target: string;
  /** Both are files; else both are folders. */
  readonly isFile?: boolean | undefined;
}

/** Devices that programs expect. */
const devices = ["null", "zero", "full", "random", "urandom"];

/** Folders of programs and libraries: links into /usr on most systems, and their own on some. */
const programFolders = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];

/** What of this machine is shown as it is. */
const shared = ["usr", "etc"];

/** Memory that the processes of one function may share by name. */
const sharedMegabytes = 64;

const emptyFolders = ["proc", "tmp", "dev/shm", "var/task", "var/runtime", "opt", ...shared];

/** Nothing that is shown to a function is changed by it. The other two are there because a mount that already has them may not lose them in a namespace. */
const guarded = "ro,nosuid,nodev";

/**
 * What functions in namespaces see as `/`: a skeleton of empty folders on the disk, and tables of what is mounted into it.
 * Both are written down beforehand, because a start has to be quick: one program mounts it all, where one for every folder
 * would take longer than the function's own interpreter.
 */
export class SandboxRoot {
  readonly folder: string;
  readonly #tables: string;
  readonly #hidden: readonly string[];

  /** Rebuilds the skeleton. What is in the hidden folders is not shown, wherever they lie. */
  constructor(folder: string, hidden: readonly string[]) {
    this.#hidden = hidden.map((one) => realpathSync(one));
    rmSync(folder, { recursive: true, force: true });
    this.folder = join(folder, "root");
    this.#tables = join(folder, "tables");
    mkdirSync(this.#tables, { recursive: true, mode: 0o755 });
    for (const name of emptyFolders) this.#makeFolder(name);
    for (const name of devices) writeFileSync(join(this.folder, "dev", name), "");
    symlinkSync("/proc/self/fd", join(this.folder, "dev/fd"));
    for (const name of programFolders)
      if (isLink(name)) symlinkSync(readlinkSync(join("/", name)), join(this.folder, name));
      else if (isFolder(name)) this.#makeFolder(name);
  }

  /** Returns the fstab of what a function sees besides the system's programs. */
  table(binds: readonly Bind[], { temporaryMegabytes }: { readonly temporaryMegabytes: number }): string {
    for (const { target, isFile = false } of binds)
      if (isFile) this.#makeFile(target);
      else this.#makeFolder(target);
    const at = (place: string) => escaped(join(this.folder, place));
    const shown = [...shared, ...programFolders.filter(isFolder)];
    const lines = [
      `${at("")} ${at("")} none bind,${guarded}`,
      ...shown.map((name) => `/${name} ${at(name)} none rbind,${guarded}`),
      ...mountsBelow(shown).map((place) => `none ${at(place)} none remount,bind,${guarded}`),
      ...this.#hidden
        .filter((one) => shown.some((name) => one.startsWith(`/${name}/`)))
        .map((one) => `hidden ${at(one)} tmpfs ro,nosuid,nodev,size=4k`),
      `proc ${at("proc")} proc defaults`,
      `tmp ${at("tmp")} tmpfs mode=1777,size=${temporaryMegabytes}m`,
      `shm ${at("dev/shm")} tmpfs mode=1777,size=${sharedMegabytes}m`,
      ...devices.map((name) => `/dev/${name} ${at(`dev/${name}`)} none bind`),
      // A target below /tmp is not in the skeleton's: it is made in the function's own.
      ...binds.map(({ source, target }) => `${escaped(source)} ${at(target)} none bind,${guarded},X-mount.mkdir`),
    ];
    const text = `${lines.join("\n")}\n`;
    const file = join(this.#tables, createHash("sha256").update(text).digest("hex"));
    // Somebody may be reading it: what it says never changes.
    if (!existsSync(file)) writeFileSync(file, text);
    return file;
  }

  #makeFile(name: string): void {
    this.#makeFolder(dirname(name));
    writeFileSync(join(this.folder, name), "", { flag: "a" });
  }

  /** Makes a folder that the function's user can read, whatever the umask. */
  #makeFolder(name: string): void {
    const before = process.umask(0o022);
    try {
      mkdirSync(join(this.folder, name), { recursive: true, mode: 0o755 });
    } finally {
      process.umask(before);
    }
  }
}

/** What is mounted below some folders of this machine: it comes along with them, and with a mind of its own about what may be changed. */
function mountsBelow(folders: readonly string[]): readonly string[] {
  const places = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => (line.split(" ")[4] ?? "").slice(1).replaceAll(/\\(\d{3})/g, (_, digits) => fromOctal(digits)));
  return places.filter((place) => folders.some((folder) => place.startsWith(`${folder}/`)));
}

const fromOctal = (digits: string) => String.fromCharCode(Number.parseInt(digits, 8));

const isLink = (name: string) => lstatSync(join("/", name), { throwIfNoEntry: false })?.isSymbolicLink() === true;
const isFolder = (name: string) => lstatSync(join("/", name), { throwIfNoEntry: false })?.isDirectory() === true;

/** Returns a path as a field of such a table, in the octal of fstab(5). */
const escaped = (path: string): string =>
  path.replaceAll(/[\s\\#]/g, (letter) => `\\${letter.charCodeAt(0).toString(8).padStart(3, "0")}`);
