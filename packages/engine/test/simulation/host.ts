import type { Report, Command, Diagnostics } from "../../src/index.ts";
import { diagnosticsOf } from "../shell.ts";
import type { EventQueue } from "./event-queue.ts";
import type { Random } from "./random.ts";

const second = 1000;
const minute = 60 * second;

/** What a host is going to do, drawn before it begins. */
export interface Fate {
  /** Events take from this long … */
  readonly paceMilliseconds: number;
  /** The event at which something happens, counted from 0; a number beyond the last means never. */
  readonly at: number;
  readonly what: "nothing" | "fails" | "is silent" | "hangs" | "is too slow" | "vanishes before" | "vanishes in it";
}

/** How many hosts of a hundred keep out of trouble, and what the others do. */
export function drawFate(random: Random, trouble: number): Fate {
  const paceMilliseconds = random.pick([second, 10 * second, 2 * minute, 20 * minute]);
  const troubles = ["fails", "is silent", "hangs", "is too slow", "vanishes before", "vanishes in it"] as const;
  const what = random.chance(trouble) ? random.pick(troubles) : "nothing";
  return { paceMilliseconds, at: random.integer(0, 9), what };
}

/** What a host reaches the server by. Messages are late, doubled and lost on the way. */
export interface Network {
  readonly now: () => number;
  readonly queue: EventQueue;
  readonly random: Random;
  readonly deliver: (report: Report) => void;
}

/** A host and its agent: it runs each command once, and repeats what it has to say until it has been heard. */
export class Host {
  readonly id: string;
  readonly fate: Fate;
  isGone = false;
  readonly #network: Network;
  readonly #begun = new Set<string>();

  constructor(id: string, fate: Fate, network: Network) {
    this.id = id;
    this.fate = fate;
    this.#network = network;
  }

  /** The host gets a command, perhaps not for the first time. */
  receive({ id: commandId }: Command, place: number): void {
    const { fate } = this;
    const isTrouble = fate.at === place;
    if (isTrouble && fate.what === "vanishes before") this.isGone = true;
    if (this.isGone || (isTrouble && fate.what === "is silent") || this.#begun.has(commandId)) return;
    this.#begun.add(commandId);
    const { now, queue, random } = this.#network;
    const asked = { commandId };
    this.#send({ ...asked, at: now(), kind: "acknowledged" });
    if (isTrouble && fate.what === "hangs") return;
    const takes = isTrouble && fate.what === "is too slow" ? 70 * minute : fate.paceMilliseconds;
    queue.add(now() + Math.ceil(takes * (0.5 + random.next())), () => {
      if (isTrouble && fate.what === "vanishes in it") this.isGone = true;
      if (this.isGone) return;
      const errorCode = isTrouble && fate.what === "fails" ? random.pick(failures) : "Success";
      const status = errorCode === "Success" ? "Succeeded" : "Failed";
      this.#send({ ...asked, at: now(), kind: "completed", status, diagnostics: diagnosticsOf(errorCode) });
    });
  }

  #send(report: Report): void {
    const { now, queue, random, deliver } = this.#network;
    const copies = random.chance(0.1) ? 2 : 1;
    // Lost the first time, it is said again later: the agent has written it down.
    const lost = random.chance(0.05) ? random.integer(30 * second, 3 * minute) : 0;
    for (let copy = 0; copy < copies; copy += 1) {
      const late = random.chance(0.05) ? random.integer(0, 10 * minute) : random.integer(0, 2 * second);
      queue.add(now() + lost + late, () => deliver(report));
    }
  }
}

const failures = [
  "ScriptFailed",
  "ScriptMissing",
  "ScriptTimedOut",
  "UnknownError",
] as const satisfies readonly Diagnostics["errorCode"][];
