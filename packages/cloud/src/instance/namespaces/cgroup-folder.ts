import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** A cgroup that has others below it, each with a limit of memory (cgroups(7)). */
export interface CgroupFolder {
  readonly version: 1 | 2;
  readonly folder: string;
}

const mountedAt = "/sys/fs/cgroup";

/** Makes a cgroup that whoever carries instances may divide. `owner` is its user outside, when that is another one. Undefined where this machine does not let us. */
export function makeCgroupFolder(state: string, owner: number | undefined): CgroupFolder | undefined {
  for (const { version, folder } of candidates(state)) {
    try {
      mkdirSync(folder, { recursive: true });
      // As version 2 has it, processes are in the leaves alone, so that whoever makes leaves has one of its own.
      if (version === 2) {
        if (!existsSync(join(folder, "memory.max"))) throw new Error("memory is not counted here");
        writeFileSync(join(folder, "cgroup.subtree_control"), "+memory");
        mkdirSync(join(folder, "carrier"), { recursive: true });
      }
      if (owner !== undefined) handOver(folder, owner);
      return { version, folder };
    } catch {
      removeEmpty(folder); // what is above it belongs to somebody else, or has no memory to share out: there may be another place
    }
  }
  return undefined;
}

/** Puts a process, and those that it has started, where what they start can be moved on from. */
export function enterCgroupFolder({ version, folder }: CgroupFolder, pid: number): void {
  if (version === 1) return;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").map(Number);
  for (const one of [pid, ...children])
    if (one > 0) writeFileSync(join(folder, "carrier", "cgroup.procs"), String(one));
}

/** How often it is tried to remove a cgroup whose processes are ending, and how long in between, in milliseconds. */
const removal = { tries: 50, milliseconds: 20 };

/** Removes what has been made for a state folder. What was in it has been ended, and may take a moment to. */
export async function removeCgroupFolder(state: string): Promise<void> {
  for (const { folder } of candidates(state))
    for (let tries = 0; existsSync(folder) && tries < removal.tries; tries += 1) {
      if (tries > 0) await pause(removal.milliseconds);
      removeEmpty(folder);
    }
}

/** Where such a cgroup may be made: below this process's own, and at the top. */
function candidates(state: string): readonly CgroupFolder[] {
  if (!existsSync("/proc/self/cgroup")) return [];
  const name = `sluice-${createHash("sha256").update(state).digest("hex").slice(0, 12)}`;
  const isVersion2 = existsSync(join(mountedAt, "cgroup.controllers"));
  const top = isVersion2 ? mountedAt : join(mountedAt, "memory");
  // Each line: a hierarchy's number, its controllers (none in version 2), and where this process is in it.
  const lines = readFileSync("/proc/self/cgroup", "utf8").split("\n");
  const own =
    lines.map((line) => line.split(":")).find(([, names]) => names === (isVersion2 ? "" : "memory"))?.[2] ?? "/";
  return [...new Set([join(top, own), top])].map((parent) => ({
    version: isVersion2 ? 2 : 1,
    folder: join(parent, name),
  }));
}

function handOver(folder: string, owner: number): void {
  for (const name of ["", "cgroup.procs", "cgroup.subtree_control", "carrier", "carrier/cgroup.procs"])
    if (existsSync(join(folder, name))) chownSync(join(folder, name), owner, owner);
}

function removeEmpty(folder: string): void {
  if (!existsSync(folder)) return;
  const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const one of [...below.map(({ name }) => join(folder, name)), folder]) {
    try {
      rmdirSync(one);
    } catch {
      // Somebody is in it, still or for good.
    }
  }
}
