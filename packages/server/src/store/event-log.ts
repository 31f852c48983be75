import type { EventFilter, EventPage, LoggedEvent, NewEvent } from "../event-log/logged-event.ts";
import type { Database } from "./database.ts";

/** Events in one row: many together cost hardly more than one. */
const eventsPerRow = 256;

/** Rows that a read takes from the table at a time. */
const rowsAtOnce = 64;

/** How many events a read looks at before it gives back what it has. */
const examinedMax = 100_000;

/** How many events are kept, unless a setting says otherwise: some 100 MB. */
const defaultEventsMax = 500_000;

/** Old events are deleted when so many new ones have come. */
const eventsBetweenDeletions = 4_096;

export interface EventLogOptions {
  /** How many events are kept at least; older ones are deleted. */
  readonly eventsMax?: number | undefined;
  /** Receives the error of a listener: it must not spoil the commit that it was told of. */
  readonly onDefect?: ((error: unknown, about: string) => void) | undefined;
}

interface Row {
  readonly first: number;
  readonly last: number;
  readonly deployment_id: string | null;
  readonly application: string | null;
  readonly group_name: string | null;
  readonly events: string;
}

/** What an event of a row has of its own. */
type Own = Omit<LoggedEvent, "cursor" | "deploymentId" | "application" | "group">;

type Listener = (events: readonly LoggedEvent[]) => void;

/**
 * Every change of state, in one order. Events are appended in the transaction of their change and written once at its
 * end, many to a row; listeners are told after the commit. A cursor that was read stays true: what is rolled back has
 * never had one.
 */
export class EventLog {
  readonly #db: Database;
  readonly #eventsMax: number;
  readonly #onDefect: (error: unknown, about: string) => void;
  readonly #listeners = new Set<Listener>();
  /** Events of the current transaction that are not written yet. */
  #gathered: NewEvent[] = [];
  /** Events that are written, and that nobody was told of yet. */
  #untold: LoggedEvent[] = [];
  /** The last cursor; undefined when the table has to be asked. */
  #last: number | undefined;
  #deletedAt = 0;

  constructor(db: Database, { eventsMax = defaultEventsMax, onDefect = () => {} }: EventLogOptions = {}) {
    this.#db = db;
    this.#eventsMax = Math.max(1, eventsMax);
    this.#onDefect = onDefect;
    db.beforeCommit(() => this.#write());
    db.afterCommit(() => this.#tell());
    db.onRollback(() => {
      this.#gathered = [];
      this.#last = undefined;
    });
  }

  /** Appends a change. Only within `write`, in the job that makes the change. */
  append(event: NewEvent): void {
    this.#gathered.push(event);
  }

  /** The cursor of the newest event; 0 when there was never one. */
  get newestCursor(): number {
    return this.#newest(); // a node that follows another one's writes has no other way to know
  }

  /** The cursor of the oldest event that is kept. Who has read less far than this has missed something. */
  get oldestCursor(): number {
    return this.#db.get<{ first: number }>("SELECT first FROM event_log ORDER BY first LIMIT 1")?.first ?? 1;
  }

  /** Calls a listener with the events of each commit, after it. Returns the way to end that. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Returns events in order. The work of a call is bounded: `next` says where to go on. */
  read(filter: EventFilter = {}): EventPage {
    const { newestFirst = false, limit = 1_000 } = filter;
    const events: LoggedEvent[] = [];
    let [after, before] = [filter.after ?? 0, filter.before ?? Number.MAX_SAFE_INTEGER];
    for (let examined = 0; ;) {
      const rows = this.#rows(filter, after, before);
      for (const row of rows) {
        const inRow = eventsOf(row).filter(({ cursor }) => cursor > after && cursor < before);
        examined += inRow.length;
        for (const event of newestFirst ? inRow.toReversed() : inRow) {
          if (!isWanted(event, filter)) continue;
          events.push(event);
          if (events.length === limit) return { events, next: event.cursor };
        }
        if (newestFirst) before = row.first;
        else after = row.last;
      }
      if (rows.length < rowsAtOnce) return { events };
      if (examined >= examinedMax) return { events, next: newestFirst ? before : after };
    }
  }

  #rows(filter: EventFilter, after: number, before: number): readonly Row[] {
    const equals = Object.entries({
      deployment_id: filter.deploymentId,
      application: filter.application,
      group_name: filter.group,
    }).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const where = equals.map(([column]) => `${column} = ? AND `).join("");
    return this.#db.all<Row>(
      `SELECT first, last, deployment_id, application, group_name, events FROM event_log
WHERE ${where} first > ? AND last > ? AND first < ? ORDER BY first ${filter.newestFirst === true ? "DESC" : "ASC"} LIMIT ${rowsAtOnce}`,
      ...equals.map(([, value]) => value),
      after - eventsPerRow, // a row that begins earlier ends earlier
      after,
      before,
    );
  }

  #lastCursor(): number {
    if (this.#last !== undefined) return this.#last;
    const last = this.#newest();
    this.#untold = this.#untold.filter(({ cursor }) => cursor <= last); // others were rolled back
    this.#last = last;
    return last;
  }

  #newest(): number {
    return this.#db.get<{ last: number }>("SELECT last FROM event_log ORDER BY first DESC LIMIT 1")?.last ?? 0;
  }

  #write(): void {
    if (this.#gathered.length === 0) return;
    const gathered = this.#gathered;
    this.#gathered = [];
    for (let start = 0; start < gathered.length;) {
      const end = endOfRow(gathered, start);
      this.#insert(gathered.slice(start, end));
      start = end;
    }
    this.#deleteOld();
  }

  /** Writes events that share their deployment and names. */
  #insert(events: readonly NewEvent[]): void {
    const [head] = events;
    if (head === undefined) return;
    const first = this.#lastCursor() + 1;
    const last = first + events.length - 1;
    const { deploymentId } = head;
    const { application, group } = deploymentId === undefined ? head : this.#namesOf(deploymentId);
    const own = events.map(({ deploymentId: _deployment, application: _application, group: _group, ...rest }) => rest);
    this.#db.run(
      "INSERT INTO event_log VALUES (?, ?, ?, ?, ?, ?)",
      first,
      last,
      deploymentId ?? null,
      application ?? null,
      group ?? null,
      JSON.stringify(own),
    );
    this.#last = last;
    if (this.#listeners.size === 0) return;
    for (const [place, event] of own.entries())
      this.#untold.push({ cursor: first + place, deploymentId, application, group, ...event });
  }

  #namesOf(deploymentId: string): Pick<NewEvent, "application" | "group"> {
    return (
      this.#db.get<{ application: string; group: string }>(
        `SELECT a.name AS application, coalesce(g.name, d.request ->> 'groupName') AS "group" FROM deployments d
JOIN applications a ON a.id = d.application_id LEFT JOIN deployment_groups g ON g.id = d.group_id WHERE d.id = ?`,
        deploymentId,
      ) ?? {}
    );
  }

  #deleteOld(): void {
    const last = this.#lastCursor();
    if (last < this.#deletedAt + Math.min(eventsBetweenDeletions, this.#eventsMax)) return;
    this.#deletedAt = last;
    this.#db.run("DELETE FROM event_log WHERE first <= ?1 AND last <= ?1", last - this.#eventsMax);
  }

  #tell(): void {
    this.#lastCursor(); // drops what was rolled back
    if (this.#untold.length === 0) return;
    const events = this.#untold;
    this.#untold = [];
    for (const listener of this.#listeners)
      try {
        listener(events);
      } catch (error) {
        this.#onDefect(error, "a listener of the event log");
      }
  }
}

/** Returns where the events end that share a row with the one at `start`. */
function endOfRow(events: readonly NewEvent[], start: number): number {
  const head = events[start];
  let end = start + 1;
  for (; end < Math.min(events.length, start + eventsPerRow); end += 1) {
    const event = events[end];
    if (event?.deploymentId !== head?.deploymentId) break;
    if (event?.application !== head?.application || event?.group !== head?.group) break;
  }
  return end;
}

function eventsOf({ first, deployment_id, application, group_name, events }: Row): readonly LoggedEvent[] {
  const shared = {
    deploymentId: deployment_id ?? undefined,
    application: application ?? undefined,
    group: group_name ?? undefined,
  };
  // Written by `#insert`.
  return (JSON.parse(events) as readonly Own[]).map((own, place) => ({ cursor: first + place, ...shared, ...own }));
}

const isWanted = (event: LoggedEvent, { target, kinds }: EventFilter): boolean =>
  (target === undefined || event.target === target) && (kinds === undefined || kinds.includes(event.kind));
