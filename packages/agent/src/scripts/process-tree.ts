import { readdirSync, readFileSync } from "node:fs";

/** A running process. */
interface Running {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
}

/**
 * The descendants of a process, and everything in a session that one of them has created, even if its parent is gone. `su`
 * starts a script in a session of its own, and a shell starts each job in a group of its own, so a signal to the first process's
 * group would reach none of them. A daemon in a session of its own whose parent was gone before the first scan is not found.
 */
export class ProcessTree {
  readonly #leader: number;
  /** Sessions that the tree has created. They belong to it even when their leaders are gone. */
  readonly #sessions: Set<number>;

  /** `leader` must be the leader of a session. */
  constructor(leader: number) {
    this.#leader = leader;
    this.#sessions = new Set([leader]);
  }

  /** Signals all processes of the tree. Returns whether there are any. */
  signal(signal: NodeJS.Signals | 0): boolean {
    const members = this.#members();
    for (const pid of members) kill(pid, signal);
    return members.length > 0 || (!canRead && kill(-this.#leader, signal));
  }

  #members(): readonly number[] {
    const all = processes();
    const members = new Set<number>();
    for (let before = -1; members.size > before;) {
      before = members.size;
      for (const { pid, parent, group, session } of all)
        if (pid === this.#leader || group === this.#leader || this.#sessions.has(session) || members.has(parent)) {
          members.add(pid);
          this.#sessions.add(session);
        }
    }
    return [...members];
  }
}

/** Whether /proc can be read; else the tree is the process group of its leader. */
const canRead = readStat("self") !== undefined;

/** Returns all processes except zombies. */
function processes(): readonly Running[] {
  if (!canRead) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const [state, parent, group, session] = readStat(name) ?? ["Z"];
      if (state === "Z" || state === "X") return [];
      return [{ pid: Number(name), parent: Number(parent), group: Number(group), session: Number(session) }];
    });
}

/** Returns the fields after a process's name, its state first; undefined when it is gone. The name is in parentheses and may contain anything. */
function readStat(pid: string): readonly string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ");
  } catch {
    return undefined; // no such process
  }
}

/** Returns when a process started, in clock ticks after boot; undefined when it is gone. */
export function startTicks(pid: number): string | undefined {
  return readStat(String(pid))?.[19];
}

/** Signals a process, or a group by its negative id. Returns false when there is none. */
function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ESRCH") return false;
    if (code === "EPERM") return true; // it exists, but belongs to another user, as by runas
    throw error;
  }
}
