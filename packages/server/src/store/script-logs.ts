import type { LogBatch, LogFilter, LogLine, LogPage } from "../script-logs/log-line.ts";
import { type Database, openDatabase, type Tables } from "./database.ts";

const tables: Tables = {
  schema: `CREATE TABLE IF NOT EXISTS script_logs (
  first INTEGER PRIMARY KEY, last INTEGER NOT NULL, deployment_id TEXT NOT NULL, target TEXT NOT NULL, event TEXT NOT NULL,
  line INTEGER NOT NULL, at INTEGER NOT NULL, script TEXT NOT NULL, bytes INTEGER NOT NULL, lines TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS script_logs_by_event ON script_logs (deployment_id, target, event, first);
CREATE INDEX IF NOT EXISTS script_logs_by_deployment ON script_logs (deployment_id, first)`,
};

/** How many bytes of all scripts are kept, unless a setting says otherwise. */
const defaultBytesMax = 256 * 1024 * 1024;

/** How many bytes of one event of one target are kept: its beginning, and its end. */
const eventBytesMax = 4 * 1024 * 1024;

/** Lines in one row at most; a batch with more is several rows. */
const linesPerRow = 1_024;

/** Rows that a read takes at a time, and how many bytes it looks at before it gives back what it has. */
const rowsAtOnce = 32;
const examinedMax = 16 * 1024 * 1024;

/** Events whose last line is remembered. */
const rememberedMax = 10_000;

export interface ScriptLogsOptions {
  readonly bytesMax?: number | undefined;
  /** Receives the error of a listener. */
  readonly onDefect?: ((error: unknown, about: string) => void) | undefined;
}

interface Row {
  readonly first: number;
  readonly last: number;
  readonly target: string;
  readonly event: string;
  readonly line: number;
  readonly at: number;
  readonly script: string;
  readonly bytes: number;
  readonly lines: string;
}

/** Of an event of a target: the number of its last line, the script that has printed it, and the bytes that are kept. */
interface Known {
  readonly line: number;
  readonly script: string;
  readonly bytes: number;
}

/** A deployment has new lines. */
export type LogListener = (news: {
  readonly deploymentId: string;
  readonly target: string;
  readonly event: string;
}) => void;

/** Opens the logs of a data folder: a file of their own, because nothing is decided by them and they are large. */
export const openScriptLogs = (dataFolder: string, options: ScriptLogsOptions = {}): ScriptLogs =>
  new ScriptLogs(openDatabase(dataFolder, "script-logs.sqlite", tables), options);

/** What scripts on hosts have printed, line by line, as long as there is room. */
export class ScriptLogs {
  readonly #db: Database;
  readonly #bytesMax: number;
  readonly #onDefect: (error: unknown, about: string) => void;
  readonly #listeners = new Set<LogListener>();
  readonly #known = new Map<string, Known>();
  #untold: Parameters<LogListener>[0][] = [];
  #bytes: number | undefined;

  constructor(db: Database, { bytesMax = defaultBytesMax, onDefect = () => {} }: ScriptLogsOptions) {
    this.#db = db;
    this.#bytesMax = bytesMax;
    this.#onDefect = onDefect;
    db.onRollback(() => {
      this.#known.clear();
      this.#untold = [];
      this.#bytes = undefined;
    });
    db.afterCommit(() => this.#tell());
  }

  /** Appends lines; resolves when they are kept. Lines that came before are not kept twice: an agent may repeat itself. */
  append(batch: LogBatch): Promise<void> {
    return this.#db.writeDeferred(() => this.#append(batch));
  }

  /** The position of the newest line; 0 when there was never one. */
  get newestPosition(): number {
    return this.#db.get<{ last: number }>("SELECT last FROM script_logs ORDER BY first DESC LIMIT 1")?.last ?? 0;
  }

  /** How many lines of a deployment are kept, of one target and event or of all. */
  count({ deploymentId, target, event }: Pick<LogFilter, "deploymentId" | "target" | "event">): number {
    const { where, values } = conditions({ deploymentId, target, event });
    return (
      this.#db.get<{ n: number | null }>(`SELECT sum(last - first + 1) AS n FROM script_logs WHERE ${where}`, ...values)
        ?.n ?? 0
    );
  }

  /** Calls a listener when lines have been kept. Returns the way to end that. */
  subscribe(listener: LogListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Returns lines in the order of their arrival. The work of a call is bounded: `next` says where to go on. */
  read(filter: LogFilter): LogPage {
    const { fromEnd = false, limit = 1_000 } = filter;
    const search = filter.search?.toLowerCase();
    const found: LogLine[] = [];
    const page = (next?: number): LogPage => ({ lines: fromEnd ? found.toReversed() : found, next });
    let [after, before] = [filter.after ?? 0, filter.before ?? Number.MAX_SAFE_INTEGER];
    for (let examined = 0; ;) {
      const rows = this.#rows(filter, after, before);
      for (const row of rows) {
        const lines = linesOf(row, search).filter(({ position }) => position > after && position < before);
        for (const line of fromEnd ? lines.toReversed() : lines) {
          found.push(line);
          if (found.length === limit) return page(line.position);
        }
        if (fromEnd) before = row.first;
        else after = row.last;
        examined += row.bytes;
        if (examined >= examinedMax) return page(fromEnd ? before : after);
      }
      if (rows.length < rowsAtOnce) return page();
    }
  }

  /** Holds writes back, for a backup. Returns the way to go on. */
  freeze(): () => void {
    return this.#db.freeze();
  }

  close(): void {
    this.#db.close();
  }

  #rows(filter: LogFilter, after: number, before: number): readonly Row[] {
    const { where, values } = conditions(filter);
    return this.#db.all<Row>(
      `SELECT first, last, target, event, line, at, script, bytes, lines FROM script_logs
WHERE ${where} AND first > ? AND last > ? AND first < ? ORDER BY first ${filter.fromEnd === true ? "DESC" : "ASC"} LIMIT ${rowsAtOnce}`,
      ...values,
      after - linesPerRow, // a row that begins earlier ends earlier
      after,
      before,
    );
  }

  #append({ first, lines: given, ...about }: LogBatch): void {
    const { deploymentId, target, event } = about;
    const key = JSON.stringify([deploymentId, target, event]);
    let known = this.#known.get(key) ?? this.#find(deploymentId, target, event);
    const lines = given.slice(Math.max(0, known.line + 1 - first));
    let line = Math.max(first, known.line + 1);
    for (let start = 0; start < lines.length; start += linesPerRow) {
      const some = lines.slice(start, start + linesPerRow);
      known = this.#insert({ ...about, line, script: known.script, lines: some }, known);
      line += some.length;
    }
    if (lines.length === 0) return;
    if (this.#known.size >= rememberedMax) this.#known.clear();
    this.#known.set(key, this.#shortened(about, known));
    this.#untold.push({ deploymentId, target, event });
    this.#makeRoom();
  }

  #insert(
    row: Omit<LogBatch, "first"> & { readonly line: number; readonly script: string },
    { bytes: before }: Known,
  ): Known {
    const { deploymentId, target, event, line, at, script, lines } = row;
    const first = this.newestPosition + 1;
    const text = JSON.stringify(lines);
    const bytes = Buffer.byteLength(text);
    const last = first + lines.length - 1;
    const total = this.#total();
    this.#db.run(
      "INSERT INTO script_logs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      ...[first, last, deploymentId, target, event, line, at, script, bytes, text],
    );
    this.#bytes = total + bytes;
    const now = lines.findLast((one) => scriptNamedIn(one) !== undefined);
    return {
      line: line + lines.length - 1,
      script: (now === undefined ? undefined : scriptNamedIn(now)) ?? script,
      bytes: before + bytes,
    };
  }

  #find(deploymentId: string, target: string, event: string): Known {
    const { where, values } = conditions({ deploymentId, target, event });
    const last = this.#db.get<Row>(`SELECT * FROM script_logs WHERE ${where} ORDER BY first DESC LIMIT 1`, ...values);
    if (last === undefined) return { line: 0, script: "", bytes: 0 };
    const sum = this.#db.get<{ bytes: number }>(
      `SELECT sum(bytes) AS bytes FROM script_logs WHERE ${where}`,
      ...values,
    );
    const lines = linesOf(last);
    return { line: last.line + lines.length - 1, script: lines.at(-1)?.script ?? "", bytes: sum?.bytes ?? 0 };
  }

  /** Of an event that prints without end, the beginning and the end are kept. */
  #shortened(
    { deploymentId, target, event }: Pick<LogBatch, "deploymentId" | "target" | "event">,
    known: Known,
  ): Known {
    if (known.bytes <= eventBytesMax) return known;
    const { where, values } = conditions({ deploymentId, target, event });
    const rows = this.#db.all<Pick<Row, "first" | "bytes">>(
      `SELECT first, bytes FROM script_logs WHERE ${where} ORDER BY first`,
      ...values,
    );
    let bytes = known.bytes;
    for (const row of rows.slice(1, -1)) {
      if (bytes <= eventBytesMax) break;
      this.#delete(row);
      bytes -= row.bytes;
    }
    return { ...known, bytes };
  }

  /** Deletes the oldest lines of all when there are too many. */
  #makeRoom(): void {
    while (this.#total() > this.#bytesMax) {
      const oldest = this.#db.all<Pick<Row, "first" | "bytes">>(
        "SELECT first, bytes FROM script_logs ORDER BY first LIMIT 64",
      );
      if (oldest.length <= 1) return;
      for (const row of oldest) if (this.#total() > this.#bytesMax * 0.95) this.#delete(row);
      this.#known.clear();
    }
  }

  #delete({ first, bytes }: Pick<Row, "first" | "bytes">): void {
    const total = this.#total();
    this.#db.run("DELETE FROM script_logs WHERE first = ?", first);
    this.#bytes = total - bytes;
  }

  #total(): number {
    this.#bytes ??= this.#db.get<{ n: number | null }>("SELECT sum(bytes) AS n FROM script_logs")?.n ?? 0;
    return this.#bytes;
  }

  #tell(): void {
    const news = this.#untold;
    this.#untold = [];
    for (const one of news)
      for (const listener of this.#listeners)
        try {
          listener(one);
        } catch (error) {
          this.#onDefect(error, "a listener of script logs");
        }
  }
}

function conditions({ deploymentId, target, event }: Pick<LogFilter, "deploymentId" | "target" | "event">) {
  const equals = Object.entries({ deployment_id: deploymentId, target, event }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return {
    where: equals.map(([column]) => `${column} = ?`).join(" AND "),
    values: equals.map(([, value]) => value),
  };
}

/** Agents name each script in a line of its own. */
const scriptNamedIn = (line: string): string | undefined => /^Script - (.{1,1024})$/s.exec(line)?.[1];

/** Returns the lines of a row; with a text that is searched for, only those that have it. */
function linesOf({ first, target, event, line, at, script: before, lines }: Row, search?: string): readonly LogLine[] {
  const texts = JSON.parse(lines) as readonly string[]; // written by `#insert`
  let script = before;
  return texts.flatMap((whole, place) => {
    script = scriptNamedIn(whole) ?? script;
    if (search !== undefined && !whole.toLowerCase().includes(search)) return [];
    const [, stream] = /^\[(stdout|stderr)\]/.exec(whole) ?? [];
    return [
      {
        position: first + place,
        target,
        event,
        script: script === "" ? undefined : script,
        stream: stream as LogLine["stream"], // one of the two
        line: line + place,
        at,
        text: stream === undefined ? whole : whole.slice(stream.length + 2),
      },
    ];
  });
}
