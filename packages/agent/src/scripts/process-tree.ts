import { readdirSync, readFileSync } from "node:fs";

/** A process that runs. */
interface Running {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
}

/**
 * The processes that come of one: its children and theirs, and whatever is in a session that one of them has made, also when its
 * parent is gone. `su` gives a script a session of its own, and a shell gives each job a group, so that a signal to the first
 * process's group reaches none of them. A daemon, whose parent went before anybody looked here, is nobody's child any more.
 */
export class ProcessTree {
  readonly #leader: number;
  /** Sessions that the tree has made: they stay its own when those who made them are gone. */
  readonly #sessions: Set<number>;

  /** `leader` leads a session of its own: nobody else's processes are in it. */
  constructor(leader: number) {
    this.#leader = leader;
    this.#sessions = new Set([leader]);
  }

  /** Signals everybody who is there. Returns whether somebody is. */
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

/** Whether this system tells of its processes; else a script's tree is its group. */
const canRead = readStat("self") !== undefined;

/** Every process but those that have ended and wait for their parents to hear of it. */
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

/** The fields behind a process's name, which is in parentheses and may contain anything: its state is the first. Undefined when it is gone. */
function readStat(pid: string): readonly string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ");
  } catch {
    return undefined; // no such process
  }
}

/** When a process began, in clock ticks after boot; undefined when it is gone. */
export function startTicks(pid: number): string | undefined {
  return readStat(String(pid))?.[19];
}

/** Signals a process, or a group by its negative number; false when there is none. */
function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ESRCH") return false;
    if (code === "EPERM") return true; // another user's, by runas: it is there
    throw error;
  }
}
