import type { Cursor, Delta, StreamBatch, StreamMessages } from "@sluice/server/console-contract";
import { signal } from "@preact/signals";
import { chance } from "./random.ts";
import { noteSessionEnd, sessionHalf, sessionState } from "./session.ts";
import { messageReader } from "./sse.ts";

/** What a reader of the stream is told. */
export interface StreamEvents {
  readonly onDelta: (delta: Delta) => void;
  /** Everything has to be read again. */
  readonly onResync: () => void;
  readonly onState: (state: LiveState) => void;
}

/** Whether what is shown is live. */
export type LiveState =
  | { readonly is: "connecting" }
  | { readonly is: "live"; readonly byPolling: boolean }
  /** `since` and `nextAt` are of `performance.timeOrigin`'s clock: milliseconds since the page was opened. */
  | { readonly is: "off"; readonly since: number; readonly nextAt: number }
  | { readonly is: "asleep" };

/** Whether this tab's pages are live. */
export const live = signal<LiveState>({ is: "connecting" });

/** Without a byte for this many milliseconds the connection is dead: the server sends a beat every 15 seconds. */
const deadMilliseconds = 40_000;

/** Without a first message for this many milliseconds something between holds the stream back. */
const heldBackMilliseconds = 5_000;

/** Longest pause between attempts, in milliseconds. */
const pauseMax = 30_000;

/** How often a stream that was held back is read by long polls before it is tried again. */
const pollsBeforeStream = 40;

/** Reads the one stream, again and again, from where it was. */
export class StreamReader {
  readonly #events: StreamEvents;
  #topics: readonly string[] = [];
  #cursor: Cursor | undefined;
  #running: AbortController | undefined;
  #offSince: number | undefined;

  constructor(events: StreamEvents) {
    this.#events = events;
  }

  /** Where to begin, if nothing has been read yet: the cursor of a snapshot. */
  beginAt(cursor: Cursor): void {
    this.#cursor ??= cursor;
  }

  /** Reads these topics from now on; none stops. Changes open the stream anew, from where it was. */
  read(topics: readonly string[]): void {
    const wanted = topics.toSorted();
    if (wanted.join() === this.#topics.join() && this.#running !== undefined) return;
    this.#topics = wanted;
    this.stop();
    if (wanted.length === 0) return;
    const running = new AbortController();
    this.#running = running;
    void this.#run(running.signal);
  }

  /** Ends reading. `read` begins again where it was. */
  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
  }

  async #run(stop: AbortSignal): Promise<void> {
    let failures = 0;
    let polls = 0;
    while (!stop.aborted) {
      const outcome = polls > 0 ? await this.#poll(stop) : await this.#stream(stop);
      if (stop.aborted || outcome === "login") return;
      polls = outcome === "held back" ? pollsBeforeStream : Math.max(0, polls - 1);
      if (outcome === "again" || outcome === "held back") {
        failures = 0;
        continue;
      }
      failures += 1;
      const pause = chance() * Math.min(pauseMax, 1000 * 2 ** Math.min(failures, 10)) + 100;
      this.#offSince ??= performance.now();
      this.#events.onState({ is: "off", since: this.#offSince, nextAt: performance.now() + pause });
      await sleep(pause, stop);
    }
  }

  async #stream(stop: AbortSignal): Promise<"again" | "failed" | "login" | "held back"> {
    const connection = new AbortController();
    const abort = () => connection.abort();
    stop.addEventListener("abort", abort);
    let isHeldBack = false;
    let timer = setTimeout(() => {
      isHeldBack = true;
      abort();
    }, heldBackMilliseconds);
    let hasBegun = false;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(abort, deadMilliseconds);
    };
    try {
      const response = await fetch(this.#url(), {
        headers: this.#headers(),
        signal: connection.signal,
        cache: "no-store",
      });
      if (response.status === 401) return this.#sessionEnded();
      if (!response.ok || response.body === null) return "failed";
      const readMessages = messageReader();
      for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
        alive();
        for (const message of readMessages(text)) {
          if (!hasBegun) this.#isLive(false);
          hasBegun = true;
          const then = this.#take(message.name, message.data, message.id);
          if (then !== undefined) return then;
        }
      }
      return hasBegun ? "again" : "failed";
    } catch {
      // Cut, refused, or silent for too long. What is asked for next is the same from the last cursor.
      return isHeldBack && !hasBegun ? "held back" : "failed";
    } finally {
      clearTimeout(timer);
      stop.removeEventListener("abort", abort);
      abort();
    }
  }

  /** Takes one message; returns what follows for the connection, if anything does. */
  #take(name: string, data: string, id: string): "again" | "login" | undefined {
    const message: unknown = JSON.parse(data);
    if (name === "delta") this.#events.onDelta(message as Delta);
    if (name === "hello") this.#cursor ??= (message as StreamMessages["hello"]).cursor;
    if (name === "resync") this.#events.onResync();
    if (name === "resync") this.#cursor = (message as StreamMessages["resync"]).cursor;
    else if (id !== "") this.#cursor = id;
    if (name !== "end") return undefined;
    return (message as StreamMessages["end"]).next === "login" ? this.#sessionEnded() : "again";
  }

  /** One long poll, for where a stream does not come through. */
  async #poll(stop: AbortSignal): Promise<"again" | "failed" | "login"> {
    try {
      const response = await fetch(`${this.#url()}&wait=25`, {
        headers: this.#headers(),
        signal: stop,
        cache: "no-store",
      });
      if (response.status === 401) return this.#sessionEnded();
      if (!response.ok) return "failed";
      const batch = (await response.json()) as StreamBatch; // as the contract has it
      this.#isLive(true);
      for (const delta of batch.deltas) this.#events.onDelta(delta);
      if (batch.resync !== undefined) this.#events.onResync();
      this.#cursor = batch.cursor;
      return "again";
    } catch {
      return "failed"; // as with the stream
    }
  }

  #url(): string {
    const parameters = new URLSearchParams({ topics: this.#topics.join(",") });
    if (this.#cursor !== undefined) parameters.set("since", this.#cursor);
    return `/console/stream?${parameters.toString()}`;
  }

  #headers(): Record<string, string> {
    const half = sessionHalf();
    return { accept: "text/event-stream", ...(half !== undefined && { "x-sluice-session": half }) };
  }

  #isLive(byPolling: boolean): void {
    this.#offSince = undefined;
    this.#events.onState({ is: "live", byPolling });
  }

  #sessionEnded(): "login" {
    if (sessionState.value === "open") noteSessionEnd();
    this.#running = undefined;
    return "login";
  }
}

/** Waits, unless it is stopped before. */
function sleep(milliseconds: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    stop.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
