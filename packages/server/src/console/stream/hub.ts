import type { AuditRow } from "../contract.ts";
import { auditRow } from "../snapshots/audit.ts";
import type { SnapshotContext } from "../snapshots/context.ts";
import { Changes } from "./changes.ts";
import { type NewLines, render, type Rendered, type Sight, textFor } from "./render.ts";
import { Told } from "./told.ts";
import { type Topic, topicName } from "./topics.ts";

/** A topic is told at most every so many milliseconds: four times a second. */
const flushMilliseconds = 250;

/** A reader that has missed more events than this reads the snapshots again. */
const missedMax = 5_000;

/** How many entries of the audit log one delta has. */
const auditRowsMax = 50;

/** How many lines of scripts one delta has; of more, only that there are. */
const linesMax = 200;

/** One reader of the stream. */
export interface Reader {
  readonly topics: readonly Topic[];
  sight: Sight;
  /** What it has heard of, so far. */
  cursor: number;
  /** Takes deltas. False: it takes no more until it asks. */
  take(deltas: readonly Told[]): boolean;
  /** It has missed too much. */
  resync(cursor: number, why: "too old" | "too slow"): void;
}

/** What changes look like, by topic, with the whole of each once somebody may see it. */
type Made = Map<string, { readonly rendered: Rendered; whole?: Told | undefined } | undefined>;

const makeable = (rendered: Rendered | undefined) => rendered && { rendered };

/** Who may see everything is told the same. */
function toldTo(
  { sight }: Pick<Reader, "sight">,
  made: NonNullable<ReturnType<Made["get"]>>,
  cursor: number,
): Told | undefined {
  const seesAll = sight.groups === undefined && sight.audit;
  if (seesAll && made.whole !== undefined) return made.whole;
  const text = textFor(made.rendered, sight);
  const told = text === undefined ? undefined : new Told(text, cursor);
  if (seesAll) made.whole = told;
  return told;
}

/** Tells readers what the event log is told: merged, each delta made once, to each only what it may see. */
export class Hub {
  readonly #context: SnapshotContext;
  readonly #onDefect: (error: unknown, about: string) => void;
  readonly #readers = new Set<Reader>();
  /** Readers that take nothing now: they catch up from the log. */
  readonly #waiting = new Set<Reader>();
  #changes = new Changes();
  /** By deployment: the position of the last line of its scripts that was told. */
  readonly #toldLines = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(context: SnapshotContext, onDefect: (error: unknown, about: string) => void) {
    this.#context = context;
    this.#onDefect = onDefect;
  }

  /** The number of readers. */
  get size(): number {
    return this.#readers.size;
  }

  /** Adds a reader, and tells it what it has missed since its cursor. */
  add(reader: Reader): void {
    this.#readers.add(reader);
    this.#unsubscribe ??= this.#subscribe();
    this.#flush();
    this.#catchUp(reader);
  }

  /** Takes a reader away. */
  remove(reader: Reader): void {
    this.#readers.delete(reader);
    this.#waiting.delete(reader);
    if (this.#readers.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#changes = new Changes();
    this.#toldLines.clear();
  }

  /** A reader takes deltas again. */
  resume(reader: Reader): void {
    if (this.#waiting.delete(reader)) this.#catchUp(reader);
  }

  #subscribe(): () => void {
    const { store, scriptLogs } = this.#context;
    const ends = [
      store.events.subscribe((events) => {
        this.#changes.add(events);
        this.#flushSoon();
      }),
      scriptLogs?.subscribe(({ deploymentId }) => {
        this.#changes.logs.add(deploymentId);
        this.#flushSoon();
      }),
    ];
    return () => {
      for (const end of ends) end?.();
    };
  }

  #flushSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, flushMilliseconds);
  }

  /** Tells everybody what has happened. Whoever cannot take it catches up later. */
  #flush(): void {
    if (this.#changes.isEmpty) return;
    const changes = this.#changes;
    this.#changes = new Changes();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const cursor = this.#context.store.events.newestCursor;
    const rendered: Made = new Map();
    for (const reader of this.#readers)
      if (!this.#waiting.has(reader)) this.#tell(reader, { changes, rendered, cursor });
  }

  #catchUp(reader: Reader): void {
    const { events } = this.#context.store;
    const { newestCursor, oldestCursor } = events;
    this.#tellOfMissedLines(reader);
    if (reader.cursor === newestCursor) return;
    // A cursor of another log, as after a restore, is ahead of this one.
    if (reader.cursor > newestCursor || reader.cursor < oldestCursor - 1) return this.#resync(reader, "too old");
    const missed = events.read({ after: reader.cursor, limit: missedMax });
    if (missed.next !== undefined) return this.#resync(reader, "too slow");
    const changes = new Changes();
    changes.add(missed.events);
    this.#tell(reader, { changes, rendered: new Map(), cursor: newestCursor });
  }

  /** The log of events does not say how far a reader has read the logs of scripts: it looks itself. */
  #tellOfMissedLines(reader: Reader): void {
    const missed = reader.topics.flatMap((topic) => {
      if (topic.name !== "logs") return [];
      if (!this.#toldLines.has(topic.id)) this.#toldLines.set(topic.id, this.#lastLine(topic.id));
      return [new Told(`"topic":${JSON.stringify(topicName(topic))},"lines":[],"more":1`, reader.cursor)];
    });
    if (missed.length > 0 && !reader.take(missed)) this.#waiting.add(reader);
  }

  #lastLine(deploymentId: string): number {
    const last = this.#context.scriptLogs?.read({ deploymentId, fromEnd: true, limit: 1 });
    return last?.lines[0]?.position ?? 0;
  }

  #resync(reader: Reader, why: "too old" | "too slow"): void {
    reader.cursor = this.#context.store.events.newestCursor;
    reader.resync(reader.cursor, why);
  }

  #tell(reader: Reader, about: { readonly changes: Changes; readonly rendered: Made; readonly cursor: number }): void {
    const { changes, rendered, cursor } = about;
    const deltas = reader.topics.flatMap((topic) => {
      const name = topicName(topic);
      if (!rendered.has(name)) rendered.set(name, makeable(this.#render(topic, changes)));
      const made = rendered.get(name);
      return (made && toldTo(reader, made, cursor)) ?? [];
    });
    reader.cursor = cursor;
    if (deltas.length > 0 && !reader.take(deltas)) this.#waiting.add(reader);
  }

  #render(topic: Topic, changes: Changes): Rendered | undefined {
    try {
      return render(topic, changes, {
        ...this.#context,
        auditRows: () => this.#auditRows(),
        newLines: (id) => this.#newLines(id),
      });
    } catch (error) {
      this.#onDefect(error, `the console's topic ${topicName(topic)}`);
      return undefined;
    }
  }

  /** The lines of a deployment's scripts that nobody has been told of yet. */
  #newLines(deploymentId: string): NewLines | undefined {
    const after = this.#toldLines.get(deploymentId) ?? this.#lastLine(deploymentId);
    const found = this.#context.scriptLogs?.read({ deploymentId, after, limit: linesMax });
    if (found === undefined) return undefined;
    const isMore = found.next !== undefined;
    this.#toldLines.set(deploymentId, isMore ? this.#lastLine(deploymentId) : (found.lines.at(-1)?.position ?? after));
    return { lines: found.lines, isMore };
  }

  #auditRows(): readonly AuditRow[] {
    const { entries } = this.#context.audit.readByFilter({ isAscending: false, offset: 0, limit: auditRowsMax });
    return entries.map(auditRow);
  }
}
