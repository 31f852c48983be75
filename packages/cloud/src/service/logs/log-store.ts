import type { CloudDatabase } from "../../store/database.ts";

/** A line of a log before it is stored. */
export interface LogLine {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
}

/** Where a line belongs. */
export interface LogPlace {
  readonly group: string;
  readonly stream: string;
}

/** A stored line. */
export interface LogEventRow {
  readonly id: number;
  readonly stream: string;
  readonly at: number;
  readonly ingested_at: number;
  readonly message: string;
}

/** Which lines to read. */
interface LogQuery {
  readonly group: string;
  readonly streams?: readonly string[] | undefined;
  readonly from?: number | undefined;
  /** Not included. */
  readonly to?: number | undefined;
  /** Only lines after (or, backward, before) this one. */
  readonly beyond?: { readonly at: number; readonly id: number } | undefined;
  readonly direction: "forward" | "backward";
  readonly limit: number;
}

/** How long lines are collected before they are written, in milliseconds: one fsync serves all of them. */
const gatherMilliseconds = 100;

/** Lines that are kept of a group, so that a function that logs without end does not fill the disk. */
const linesMax = 200_000;

/** New lines of a group after which old ones are deleted. */
const linesBetween = 10_000;

/** Longest message, in characters: CloudWatch's own limit is 1 MB of UTF-8. */
const messageCharactersMax = 256 * 1024;

/** The lines of all logs. Those of running functions are collected and written together; reads see them all. */
export class LogStore {
  readonly #db: CloudDatabase;
  readonly #clock: () => number;
  #gathered: { readonly place: LogPlace; readonly line: LogLine }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #sinceForgotten = new Map<string, number>();

  constructor({ db, clock }: { db: CloudDatabase; clock: () => number }) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Stores lines in a stream, which is created when it is new. They are durable soon after. */
  append(place: LogPlace, lines: readonly LogLine[]): void {
    if (this.#closed) return; // the last words of a process that ended with this program
    for (const line of lines) this.#gathered.push({ place, line });
    this.#timer ??= setTimeout(() => this.flush(), gatherMilliseconds);
  }

  /** Whether there is a group of a name. */
  hasGroup(group: string): boolean {
    this.flush();
    return this.#db.get("SELECT 1 FROM log_groups WHERE name = ?", group) !== undefined;
  }

  /** Writes the collected lines. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const gathered = this.#gathered;
    if (gathered.length === 0) return;
    this.#gathered = [];
    const now = this.#clock();
    this.#db.transaction(() => {
      const places = new Map(gathered.map(({ place }) => [`${place.group}\n${place.stream}`, place]));
      for (const place of places.values()) this.#makePlace(place, now);
      for (const { place, line } of gathered)
        this.#db.run(
          "INSERT INTO log_events (group_name, stream, at, ingested_at, message) VALUES (?, ?, ?, ?, ?)",
          place.group,
          place.stream,
          line.timestamp,
          now,
          line.message.slice(0, messageCharactersMax),
        );
      for (const { place } of gathered) this.#count(place.group, now);
    });
  }

  /** Returns the lines that a query asks for, oldest first; or, backward, the newest `limit` of them. */
  find({ group, streams, from, to, beyond, direction, limit }: LogQuery): readonly LogEventRow[] {
    this.flush();
    const forward = direction === "forward";
    const conditions = ["group_name = ?"];
    const values: (string | number)[] = [group];
    const add = (condition: string, ...more: readonly (string | number)[]) => {
      conditions.push(condition);
      values.push(...more);
    };
    if (streams !== undefined) add(`stream IN (${streams.map(() => "?").join(", ")})`, ...streams);
    if (from !== undefined) add("at >= ?", from);
    if (to !== undefined) add("at < ?", to);
    if (beyond !== undefined) add(`(at, id) ${forward ? ">" : "<"} (?, ?)`, beyond.at, beyond.id);
    const order = forward ? "ASC" : "DESC";
    const rows = this.#db.all<LogEventRow>(
      `SELECT id, stream, at, ingested_at, message FROM log_events WHERE ${conditions.join(" AND ")} ORDER BY at ${order}, id ${order} LIMIT ?`,
      ...values,
      limit,
    );
    return forward ? rows : rows.toReversed();
  }

  /** Writes the collected lines, and accepts no more. */
  close(): void {
    this.flush();
    this.#closed = true;
  }

  #makePlace({ group, stream }: LogPlace, now: number): void {
    this.#db.run("INSERT INTO log_groups VALUES (?, ?, NULL) ON CONFLICT DO NOTHING", group, now);
    this.#db.run("INSERT INTO log_streams VALUES (?, ?, ?) ON CONFLICT DO NOTHING", group, stream, now);
  }

  /** Deletes old lines once in a while: that costs more than a line. */
  #count(group: string, now: number): void {
    const lines = (this.#sinceForgotten.get(group) ?? linesBetween) + 1;
    this.#sinceForgotten.set(group, lines > linesBetween ? 0 : lines);
    if (lines > linesBetween) this.#forget(group, now);
  }

  #forget(group: string, now: number): void {
    const { retention } =
      this.#db.get<{ retention: number | null }>("SELECT retention FROM log_groups WHERE name = ?", group) ?? {};
    if (retention) this.#db.run("DELETE FROM log_events WHERE group_name = ? AND at < ?", group, now - retention * day);
    this.#db.run(
      "DELETE FROM log_events WHERE group_name = ? AND id <= (SELECT id FROM log_events WHERE group_name = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
      group,
      group,
      linesMax,
    );
  }
}

const day = 24 * 3_600_000;
