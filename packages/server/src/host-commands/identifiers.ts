import { commandNamedBy, hostCommandIdentifier } from "../specification/host-command-identifier.ts";
import type { CommandRecord } from "../store/outbox.ts";
import type { Store } from "../store/index.ts";

/** Commands that are kept in memory, about 1 KiB each: more than are usually under way at once. */
const knownMax = 10_000;

/** What hosts know commands by. What a command is about never changes: it is looked up once for the requests that name it. */
export class Identifiers {
  readonly #store: Store;
  readonly #of: { readonly region: string; readonly accountId: string };
  readonly #known = new Map<string, CommandRecord>();

  constructor(store: Store, of: { readonly region: string; readonly accountId: string }) {
    this.#store = store;
    this.#of = of;
  }

  /** What the host is to call a command. */
  name(command: CommandRecord): string {
    const { deploymentId, host, event } = command;
    const identifier = hostCommandIdentifier({ deploymentId, host, event, ...this.#of });
    this.#keep(identifier, command);
    return identifier;
  }

  /** The command that a host calls so; undefined when there is none. */
  find(identifier: string): CommandRecord | undefined {
    const known = this.#known.get(identifier);
    if (known !== undefined) return known;
    const named = commandNamedBy(identifier);
    const found = named && this.#store.commands.find(named.deploymentId, named.host, named.event);
    if (found !== undefined) this.#keep(identifier, found);
    return found;
  }

  #keep(identifier: string, command: CommandRecord): void {
    if (this.#known.size >= knownMax) this.#known.clear();
    this.#known.set(identifier, command);
  }
}
