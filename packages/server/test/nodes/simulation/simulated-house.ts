import assert from "node:assert/strict";
import { EntryChain, start } from "../../../src/nodes/entry-chain.ts";
import type { Entry, Position } from "../../../src/nodes/journal.ts";
import { MemoryJournal } from "../memory-journal.ts";
import { Chance } from "./chance.ts";
import { FaultyJournal, type Machine, type Network } from "./faulty-journal.ts";
import { type Disk, SimulatedNode } from "./simulated-node.ts";
import { VirtualTime } from "./virtual-time.ts";

const names = ["one", "two", "three"] as const;

/** What has happened in a simulation, in numbers. */
export interface Outcome {
  readonly terms: number;
  readonly entries: number;
  readonly acknowledged: number;
  readonly kills: number;
}

/** A place for a node: its disk stays when the node ends. */
interface Place {
  readonly name: string;
  readonly disk: Disk;
  version: 1 | 2;
  life: SimulatedNode | undefined;
  machine: Machine;
}

/** Three nodes on one journal, and everything that can happen to them. */
class SimulatedHouse {
  readonly #time = new VirtualTime();
  readonly #chance: Chance;
  readonly #chain = new EntryChain(Buffer.from("key"));
  readonly #journal = new MemoryJournal(() => this.#time.now);
  readonly #places: readonly Place[];
  readonly #network: Network;
  /** Whether the journal has lost what it had acknowledged: then nodes only have to agree with it. */
  #isTailLost = false;
  /** Which run each command was acknowledged to, as callers were told. */
  readonly #told = new Map<number, string>();
  /** The rows of every replica that was seen at a position. */
  readonly #seen = new Map<string, string>();
  #command = 0;
  #terms = 0;
  #kills = 0;

  constructor(seed: number) {
    this.#chance = new Chance(seed);
    this.#network = { loss: this.#chance.is(0.5) ? 0.02 : 0.15, slowness: 0.02 };
    const hasOldVersion = this.#chance.is(0.3);
    this.#places = names.map((name) => ({
      name,
      disk: { file: undefined },
      version: hasOldVersion ? 1 : 2,
      life: undefined,
      machine: { isAlive: false, isCutOff: false, stillUntil: 0 },
    }));
  }

  async run(): Promise<Outcome> {
    for (const place of this.#places) this.#begin(place);
    const rounds = 15 + this.#chance.below(25);
    for (let round = 0; round < rounds; round += 1) {
      this.#disturb();
      for (let asked = this.#chance.below(9); asked > 0; asked -= 1) this.#ask();
      await this.#time.pass(50 + this.#chance.below(700), () => this.#check());
    }
    await this.#heal();
    return {
      terms: this.#terms,
      entries: this.#journal.entries.length,
      acknowledged: this.#told.size,
      kills: this.#kills,
    };
  }

  #begin(place: Place): void {
    place.machine = { isAlive: true, isCutOff: false, stillUntil: 0 };
    const { machine, disk, name, version } = place;
    const journal = new FaultyJournal(this.#journal, {
      time: this.#time,
      chance: this.#chance,
      machine,
      network: this.#network,
    });
    place.life = new SimulatedNode({
      ...{ time: this.#time, machine, disk, chain: this.#chain, journal, name, version },
      onKept: (entry) => this.#spread(place, entry),
    });
  }

  /** The writer tells its followers of an entry; some of it is lost, or comes late. */
  #spread(from: Place, entry: Entry): void {
    if (entry.changes.length === 0) this.#terms += 1;
    for (const place of this.#places)
      if (place !== from && this.#chance.is(0.8))
        this.#time.after(1 + this.#chance.below(30), () => {
          if (place.machine.isAlive && this.#time.now >= place.machine.stillUntil) place.life?.node.hear(entry);
        });
  }

  #disturb(): void {
    const place = this.#places[this.#chance.below(this.#places.length)];
    if (place === undefined) return;
    const what = this.#chance.next();
    if (!place.machine.isAlive) {
      if (this.#chance.is(0.3)) place.disk.file = undefined; // lost or torn
      if (this.#chance.is(0.5)) place.version = 2;
      this.#begin(place);
    } else if (what < 0.15) {
      place.life?.kill();
      this.#kills += 1;
    } else if (what < 0.3) place.machine.stillUntil = this.#time.now + this.#chance.below(6_000);
    else if (what < 0.4) place.machine.isCutOff = true;
    else if (what < 0.6) place.machine.isCutOff = false;
    else if (what < 0.66) void place.life?.node.handOver();
    else if (what < 0.74) this.#makeBase(place);
    else if (what < 0.76) this.#loseTail();
  }

  #makeBase({ life, machine }: Place): void {
    const base = machine.isAlive ? life?.base(this.#chain) : undefined;
    if (base === undefined || !this.#isInJournal(base)) return;
    void this.#journal.addBase(base).then(() => this.#journal.trim(this.#chance.below(3_000)));
  }

  #isInJournal(at: Position): boolean {
    return at.sequence === 0 || this.#journal.entries.some(({ digest }) => digest === at.digest);
  }

  /** A database that fails over without its last moments. */
  #loseTail(): void {
    const { entries, bases } = this.#journal;
    const base = bases.at(-1)?.sequence ?? 0;
    const lost = Math.min(1 + this.#chance.below(3), entries.filter(({ sequence }) => sequence > base).length);
    if (lost === 0) return;
    this.#journal.entries = entries.slice(0, -lost);
    this.#isTailLost = true;
    this.#seen.clear();
  }

  /** A caller asks any node that believes that it writes. */
  #ask(): void {
    const asked = this.#places.filter(({ life, machine }) => {
      const isThere = machine.isAlive && this.#time.now >= machine.stillUntil;
      return isThere && life?.believesToWrite === true;
    });
    const place = asked[this.#chance.below(asked.length)];
    if (place?.life === undefined) return;
    const { life, machine } = place;
    const before = this.#told.size;
    const hears = (): boolean => machine.isAlive && this.#time.now >= machine.stillUntil;
    if (this.#chance.is(0.4)) {
      void life.count().then((count) => {
        if (count !== undefined && hears() && !this.#isTailLost)
          assert(count >= before, `a caller counts ${count} commands, of which ${before} were acknowledged before`);
      });
      return;
    }
    const id = this.#chance.is(0.7) ? (this.#command += 1) : 1 + this.#chance.below(Math.max(1, this.#command));
    const run = `${place.name} ${this.#time.now} ${this.#chance.below(1e9)}`;
    void life.acknowledge(id, run).then((told) => {
      if (told === undefined || !hears() || this.#isTailLost) return;
      const other = this.#told.get(id);
      assert(
        other === undefined || other === told.run,
        `command ${id} was acknowledged to "${other}" and to "${told.run}"`,
      );
      this.#told.set(id, told.run);
      assert(told.count >= before, "an acknowledgement forgets another");
    });
  }

  /** Replicas at one position have the same rows, and the journal is a chain. */
  #check(): void {
    if (failure !== undefined) throw failure;
    for (const { life } of this.#places) {
      const dump = life?.dump();
      if (dump === undefined) continue;
      const seen = this.#seen.get(dump.digest);
      if (seen === undefined) this.#seen.set(dump.digest, dump.rows);
      else assert.equal(dump.rows, seen, `two replicas at one position differ: ${dump.digest}`);
    }
  }

  /** Without further troubles, all nodes come to the journal's end, one of them writes, and nothing that was acknowledged is missing. */
  async #heal(): Promise<void> {
    Object.assign(this.#network, { loss: 0, slowness: 0 });
    for (const place of this.#places) {
      place.machine.isCutOff = false;
      place.machine.stillUntil = 0;
      if (place.machine.isAlive) place.life?.kill();
      place.version = 2;
    }
    await this.#time.pass(10_000, () => this.#check());
    for (const place of this.#places) this.#begin(place);
    await this.#time.pass(30_000, () => this.#check());
    const chain = this.#journal.entries;
    for (const [index, entry] of chain.entries()) {
      const before = index === 0 ? this.#before(entry) : chain[index - 1];
      if (before !== undefined) assert(this.#chain.follows(before, entry), `entry ${entry.sequence} does not follow`);
    }
    const last = chain.at(-1)?.sequence ?? 0;
    const roles = this.#places.map(
      ({ life }) => `${life?.node.role.kind} at ${life?.position}: ${life?.troubles.slice(-2).join("; ")}`,
    );
    assert.equal(this.#places.filter(({ life }) => life?.node.role.kind === "writes").length, 1, roles.join(" | "));
    for (const { life } of this.#places) assert.equal(life?.position, last, roles.join(" | "));
    if (this.#isTailLost) return;
    const rows = JSON.parse(this.#places[0]?.life?.dump()?.rows ?? "[]") as readonly { id: number; run: string }[];
    for (const [id, run] of this.#told)
      assert.equal(rows.find((row) => row.id === id)?.run, run, `what was acknowledged of command ${id} is missing`);
  }

  /** The position before the first entry that is still there, where it is known. */
  #before(entry: Entry): Position | undefined {
    if (entry.sequence === 1) return start;
    return this.#journal.bases.find(({ sequence }) => sequence === entry.sequence - 1);
  }
}

/** What has gone wrong in a callback that nobody waits for. */
let failure: Error | undefined;
process.on("unhandledRejection", (cause) => {
  failure ??= cause instanceof Error ? cause : new Error(String(cause));
});

/** Plays what a seed has three nodes go through. Throws at the first violated invariant. */
export function simulate(seed: number): Promise<Outcome> {
  failure = undefined;
  return new SimulatedHouse(seed).run();
}
