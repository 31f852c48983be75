import type { Answer, Delta } from "@sluice/server/console-contract";
import { type Signal, signal, useComputed } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { type Address, ApiError, read } from "./api.ts";
import { listen, noteCursor, onResync } from "./shared-stream.ts";

/** What is known of one address. */
export interface Snapshot<Result> {
  readonly data: Signal<Result | undefined>;
  readonly error: Signal<ApiError | undefined>;
  readonly isLoading: Signal<boolean>;
  /** Reads it again. */
  readonly reload: () => void;
}

/** How a view stays what the server has. */
export interface LiveOptions<Result> {
  readonly topics?: readonly string[];
  /** Returns what is shown after a delta, or `reload` where the delta does not tell it all. */
  readonly apply?: (shown: Result, delta: Delta) => Result | "reload";
}

/** Snapshots are read again at most this often because of deltas, in milliseconds. */
const reloadMilliseconds = 700;

/** How many snapshots that are not shown are kept, for going back. */
const keptMax = 24;

class LiveSnapshot<Result extends Answer> implements Snapshot<Result> {
  readonly data = signal<Result | undefined>(undefined);
  readonly error = signal<ApiError | undefined>(undefined);
  readonly isLoading = signal(false);
  readonly #address: Address<Result>;
  /** Deltas that came while an answer was on its way: they may be newer than it. */
  #early: Delta[] = [];
  #options: LiveOptions<Result> = {};
  #planned: ReturnType<typeof setTimeout> | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(address: Address<Result>) {
    this.#address = address;
  }

  /** Keeps it live until the returned function is called. */
  open(options: LiveOptions<Result>): () => void {
    this.#options = options;
    const closers = (options.topics ?? []).map((topic) => listen(topic, (delta) => this.#take(delta)));
    closers.push(onResync(() => this.reload()));
    this.reload();
    return () => {
      for (const close of closers) close();
      clearTimeout(this.#planned);
      this.#planned = undefined;
    };
  }

  reload = (): void => {
    clearTimeout(this.#planned);
    this.#planned = undefined;
    if (this.isLoading.peek()) return;
    this.isLoading.value = true;
    this.#early = [];
    this.#readAt = performance.now();
    read(this.#address)
      .then(
        (answer) => {
          noteCursor(answer.cursor);
          this.error.value = undefined;
          this.data.value = answer;
        },
        (error: unknown) => {
          noteCursor(undefined);
          this.error.value =
            error instanceof ApiError
              ? error
              : new ApiError(0, { code: "Defect", message: String(error), requestId: "" });
        },
      )
      .finally(() => {
        this.isLoading.value = false;
        const early = this.#early;
        this.#early = [];
        for (const delta of early) this.#take(delta);
      });
  };

  #take(delta: Delta): void {
    if (this.isLoading.peek()) this.#early.push(delta);
    const shown = this.data.peek();
    if (shown === undefined) return;
    const after = this.#options.apply?.(shown, delta) ?? "reload";
    if (after !== "reload") this.data.value = after;
    else this.#planned ??= setTimeout(this.reload, Math.max(0, this.#readAt + reloadMilliseconds - performance.now()));
  }
}

const kept = new Map<string, LiveSnapshot<Answer>>();

function snapshotOf<Result extends Answer>(address: Address<Result>): LiveSnapshot<Result> {
  const found = kept.get(address.url) as LiveSnapshot<Result> | undefined; // an address has one type of answer
  const snapshot = found ?? new LiveSnapshot(address);
  kept.delete(address.url);
  kept.set(address.url, snapshot as unknown as LiveSnapshot<Answer>);
  for (const url of kept.keys()) if (kept.size > keptMax) kept.delete(url);
  return snapshot;
}

/** Shows what an address has, and keeps it live while the component is there. What was known before is shown at once. */
export function useSnapshot<Result extends Answer>(
  address: Address<Result>,
  options: LiveOptions<Result> = {},
): Snapshot<Result> {
  const snapshot = useMemo(() => snapshotOf(address), [address.url]);
  useEffect(() => snapshot.open(options), [snapshot]);
  return snapshot;
}

/** Part of a snapshot, so that a component is drawn again only when that part has changed. */
export const usePart = <Result, Part>({ data }: Snapshot<Result>, part: (data: Result) => Part) =>
  useComputed(() => (data.value === undefined ? undefined : part(data.value)));
