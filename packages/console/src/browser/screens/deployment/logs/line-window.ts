import type { LogLine, Logs } from "@sluice/server/console-contract";
import { type Signal, signal } from "@preact/signals";
import { address, ApiError, read } from "../../../live/api.ts";
import { listen, noteCursor } from "../../../live/shared-stream.ts";

/** What of a deployment's lines is asked for. */
export interface LogFilter {
  readonly target: string;
  readonly event: string;
  readonly q: string;
}

/** Lines that a page asks for at a time. */
const pageLines = 400;

/** Lines that are kept: a log may have millions, and only some of them are near to what is read. */
const keptMax = 6_000;

/** A stretch of a log: what has been read of it so far, which grows at both ends. */
export class LineWindow {
  readonly #id: string;
  readonly #filter: LogFilter;
  readonly #stop = new AbortController();
  #closeTopic: (() => void) | undefined;
  readonly lines: Signal<readonly LogLine[]> = signal([]);
  readonly total = signal(0);
  readonly earlier = signal<string | undefined>(undefined);
  readonly later = signal<string | undefined>(undefined);
  readonly isWhole = signal(true);
  readonly cut = signal<string | undefined>(undefined);
  readonly error = signal<ApiError | undefined>(undefined);
  readonly isLoading = signal(false);
  readonly hasLoaded = signal(false);
  /** Lines that have come since the reader went up. */
  readonly unseen = signal(0);
  /** How many lines the last change has put in front: what is seen has to stay where it is. */
  prepended = 0;

  constructor(id: string, filter: LogFilter) {
    this.#id = id;
    this.#filter = filter;
  }

  /** Reads around a place: `failure`, `end`, or a position. */
  async open(around: string): Promise<void> {
    await this.#ask(around === "end" ? {} : { around }, (answer) => {
      this.lines.value = answer.lines;
      this.earlier.value = answer.earlier;
      this.later.value = answer.later;
      this.hasLoaded.value = true;
    });
    this.#closeTopic ??= listen(`logs:${this.#id}`, (delta) => {
      if (!("lines" in delta)) return;
      if (delta.more === undefined) this.#append(delta.lines);
      else if (this.later.value === undefined) this.later.value = this.lines.value.at(-1)?.position;
    });
  }

  close(): void {
    this.#closeTopic?.();
    this.#stop.abort();
  }

  /** Reads what stands before the first line that is known. */
  async readEarlier(): Promise<void> {
    const before = this.earlier.value;
    if (before === undefined) return;
    await this.#ask({ before }, (answer) => {
      this.prepended = answer.lines.length;
      const joined = [...answer.lines, ...this.lines.value];
      if (joined.length > keptMax) this.later.value = joined[keptMax - 1]?.position;
      this.lines.value = joined.slice(0, keptMax);
      this.earlier.value = answer.earlier;
    });
  }

  /** Reads what stands after the last line that is known. */
  async readLater(): Promise<void> {
    const after = this.later.value;
    if (after === undefined) return;
    await this.#ask({ after }, (answer) => {
      const joined = [...this.lines.value, ...answer.lines];
      const surplus = Math.max(0, joined.length - keptMax);
      if (surplus > 0) this.earlier.value = joined[surplus]?.position;
      this.prepended = -surplus;
      this.lines.value = joined.slice(surplus);
      this.later.value = answer.later;
    });
  }

  #append(lines: readonly LogLine[]): void {
    const { target, event, q } = this.#filter;
    const wanted = lines.filter(
      (line) =>
        (target === "" || line.target === target) &&
        (event === "" || line.event === event) &&
        (q === "" || line.text.toLowerCase().includes(q.toLowerCase())),
    );
    if (wanted.length === 0) return;
    this.total.value += wanted.length;
    this.unseen.value += wanted.length;
    if (this.later.value !== undefined) return; // they are read when the reader gets there
    const known = new Set(this.lines.value.slice(-wanted.length - pageLines).map(({ position }) => position));
    const fresh = wanted.filter(({ position }) => !known.has(position));
    const joined = [...this.lines.value, ...fresh];
    const surplus = Math.max(0, joined.length - keptMax);
    if (surplus > 0) this.earlier.value = joined[surplus]?.position;
    this.prepended = -surplus;
    this.lines.value = joined.slice(surplus);
  }

  async #ask(where: Readonly<Record<string, string>>, take: (answer: Logs) => void): Promise<void> {
    if (this.isLoading.peek()) return;
    this.isLoading.value = true;
    try {
      const answer = await read(
        address("/console/api/deployments/:id/logs", { id: this.#id }, { ...this.#filter, ...where, limit: pageLines }),
        this.#stop.signal,
      );
      noteCursor(answer.cursor);
      this.prepended = 0;
      this.total.value = answer.total;
      this.isWhole.value = answer.isWhole;
      this.cut.value = answer.cut;
      this.error.value = undefined;
      take(answer);
    } catch (error) {
      if (!this.#stop.signal.aborted)
        this.error.value =
          error instanceof ApiError
            ? error
            : new ApiError(0, { code: "Defect", message: String(error), requestId: "" });
    } finally {
      this.isLoading.value = false;
    }
  }
}
