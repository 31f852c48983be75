import type { Base, Entry, Journal, NodeAddress, NodeReport, Position } from "../../../src/nodes/journal.ts";
import type { Chance } from "./chance.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** How a node and its network are. */
export interface Machine {
  isAlive: boolean;
  isCutOff: boolean;
  /** Until when it stands still, as by SIGSTOP; what comes meanwhile comes then. */
  stillUntil: number;
}

/** How probable it is that a call or its answer is lost, and that either takes long. */
export interface Network {
  loss: number;
  slowness: number;
}

/** Brings something to a node: at once, when it goes on, or never. */
export function deliver(time: VirtualTime, machine: Machine, run: () => void): void {
  if (!machine.isAlive) return;
  if (time.now < machine.stillUntil) time.after(machine.stillUntil - time.now, () => deliver(time, machine, run));
  else run();
}

/** A journal as a node has it over a network: calls and answers come late, or never, and what was lost may have happened. */
export class FaultyJournal implements Journal {
  readonly #journal: Journal;
  readonly #time: VirtualTime;
  readonly #chance: Chance;
  readonly #machine: Machine;
  readonly #network: Network;

  constructor(
    journal: Journal,
    { time, chance, machine, network }: { time: VirtualTime; chance: Chance; machine: Machine; network: Network },
  ) {
    this.#journal = journal;
    this.#time = time;
    this.#chance = chance;
    this.#machine = machine;
    this.#network = network;
  }

  append = (entry: Entry, after: Position) => this.#call(() => this.#journal.append(entry, after));
  after = (position: Position) => this.#call(() => this.#journal.after(position));
  newestBase = () => this.#call(() => this.#journal.newestBase());
  growth = () => this.#call(() => this.#journal.growth());
  addBase = (base: Base) => this.#call(() => this.#journal.addBase(base));
  trim = (milliseconds: number) => this.#call(() => this.#journal.trim(milliseconds));
  takeLease = (by: NodeAddress, milliseconds: number) => this.#call(() => this.#journal.takeLease(by, milliseconds));
  renewLease = (term: number, milliseconds: number) => this.#call(() => this.#journal.renewLease(term, milliseconds));
  leaveLease = (term: number) => this.#call(() => this.#journal.leaveLease(term));
  lease = () => this.#call(() => this.#journal.lease());
  report = (report: NodeReport) => this.#call(() => this.#journal.report(report));
  nodes = () => this.#call(() => this.#journal.nodes());
  time = () => this.#call(() => this.#journal.time());
  close = async () => undefined;

  #call<Result>(run: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const lost = () => deliver(this.#time, this.#machine, () => reject(new Error("The connection was lost")));
      const isLostGoing = this.#machine.isCutOff || this.#chance.is(this.#network.loss);
      const isLostComing = this.#chance.is(this.#network.loss);
      const [going, coming] = [this.#delay(), this.#delay()];
      if (isLostGoing) return this.#time.after(going + 200, lost);
      this.#time.after(going, () => {
        // Whatever becomes of the node, what it has sent arrives.
        void run().then(
          (result) =>
            this.#time.after(coming, () =>
              isLostComing || this.#machine.isCutOff
                ? lost()
                : deliver(this.#time, this.#machine, () => resolve(result)),
            ),
          (cause: unknown) => this.#time.after(coming, () => deliver(this.#time, this.#machine, () => reject(cause))),
        );
      });
    });
  }

  #delay(): number {
    return this.#chance.is(this.#network.slowness) ? this.#chance.below(3_000) : 1 + this.#chance.below(12);
  }
}
