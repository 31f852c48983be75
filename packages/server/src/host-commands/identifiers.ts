import { commandNamedBy, hostCommandIdentifier } from "../specification/host-command-identifier.ts";
import type { CommandRecord } from "../store/deployments/outbox.ts";
import type { Store } from "../store/index.ts";

/** Longest identifier that is looked at, in characters: ours have a few hundred. */
const lengthMax = 2_048;

/** Commands that are kept in memory, about 1 KiB each: more than are usually under way at once. */
const knownMax = 10_000;

/** What hosts know commands by. What a command is about never changes: it is looked up once for the requests that name it. */
export class Identifiers {
  readonly #store: Store;
  readonly #place: { readonly region: string; readonly accountId: string };
  readonly #known = new Map<string, CommandRecord>();

  constructor(store: Store, of: { readonly region: string; readonly accountId: string }) {
    this.#store = store;
    this.#place = of;
  }

  /** What the host is to call a command. */
  name(command: CommandRecord): string {
    const identifier = this.#of(command);
    this.#keep(identifier, command);
    return identifier;
  }

  /** The command that a host calls so; undefined when there is none. */
  find(identifier: string): CommandRecord | undefined {
    const cached = this.#known.get(identifier);
    if (cached !== undefined) return cached;
    const named = identifier.length > lengthMax ? undefined : commandNamedBy(identifier);
    const command = named && this.#store.commands.find(named.deploymentId, named.host, named.event);
    // The same may be written in other ways, without end: only ours is kept.
    if (command !== undefined && this.#of(command) === identifier) this.#keep(identifier, command);
    return command;
  }

  #of({ deploymentId, host, event }: CommandRecord): string {
    return hostCommandIdentifier({ deploymentId, host, event, ...this.#place });
  }

  #keep(identifier: string, command: CommandRecord): void {
    if (this.#known.size >= knownMax) this.#known.clear();
    this.#known.set(identifier, command);
  }
}
