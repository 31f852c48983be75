import type { Cursor, Delta } from "@sluice/server/console-contract";
import { live, type LiveState, StreamReader } from "./stream.ts";

/** What tabs tell each other. Each tab says which topics it shows; the one that holds the lock reads the stream and passes it on. */
type Message =
  | {
      readonly kind: "topics";
      readonly tab: string;
      readonly topics: readonly string[];
      readonly isSeen: boolean;
      readonly cursor?: Cursor | undefined;
    }
  | { readonly kind: "who" }
  | { readonly kind: "gone"; readonly tab: string }
  | { readonly kind: "delta"; readonly delta: Delta }
  | { readonly kind: "resync" }
  | { readonly kind: "state"; readonly state: LiveState };

/** The server reads at most this many topics in one stream. */
const topicsMax = 32;

/** When no tab has been seen for this many milliseconds, the stream is closed until one is. */
const asleepAfter = 60_000;

/** A tab that has not been heard of for this many milliseconds is gone: browsers let hidden tabs speak once a minute. */
const tabGoneAfter = 150_000;

/** How often a tab says that it is there. */
const sayAgainMilliseconds = 20_000;

interface Tab {
  readonly topics: readonly string[];
  readonly isSeen: boolean;
  readonly heardAt: number;
}

const listeners = new Map<string, Set<(delta: Delta) => void>>();
const resyncListeners = new Set<() => void>();
const tabs = new Map<string, Tab>();
const me = crypto.getRandomValues(new Uint32Array(2)).join("-");
const channel = typeof BroadcastChannel === "function" ? new BroadcastChannel("sluice-console") : undefined;
let reader: StreamReader | undefined;
let firstCursor: Cursor | undefined;
let planned: ReturnType<typeof setTimeout> | undefined;
let asleep: ReturnType<typeof setTimeout> | undefined;

/** Listens to a topic until the returned function is called. */
export function listen(topic: string, onDelta: (delta: Delta) => void): () => void {
  const set = listeners.get(topic) ?? new Set();
  listeners.set(topic, set.add(onDelta));
  announceSoon();
  return () => {
    set.delete(onDelta);
    if (set.size === 0) listeners.delete(topic);
    announceSoon();
  };
}

/** Listens to the news that snapshots have to be read again. */
export function onResync(listener: () => void): () => void {
  resyncListeners.add(listener);
  return () => resyncListeners.delete(listener);
}

/** A snapshot with this cursor has been read, or one could not be read: the stream is to begin no later than there. */
export function noteCursor(cursor: Cursor | undefined): void {
  firstCursor ??= cursor;
  if (firstCursor !== undefined) reader?.beginAt(firstCursor);
  if (!hasStarted) start();
}

let hasStarted = false;

/** Begins once there is a cursor to begin at: one tab reads, the others listen to it. Without locks (plain HTTP on a network's name) each tab reads for itself. */
function start(): void {
  hasStarted = true;
  if (channel !== undefined && "locks" in navigator) {
    channel.addEventListener("message", ({ data }: MessageEvent<Message>) => hear(data)); // from our own origin alone
    void navigator.locks.request("sluice-console-stream", () => {
      lead();
      return new Promise(() => {}); // held until this tab goes
    });
  } else lead();
  addEventListener("pagehide", () => channel?.postMessage({ kind: "gone", tab: me } satisfies Message));
  document.addEventListener("visibilitychange", announce);
  setInterval(announce, sayAgainMilliseconds);
  announce();
  channel?.postMessage({ kind: "who" } satisfies Message);
}

function lead(): void {
  reader = new StreamReader({
    onDelta: (delta) => tell({ kind: "delta", delta }),
    onResync: () => tell({ kind: "resync" }),
    onState: (state) => tell({ kind: "state", state }),
  });
  if (firstCursor !== undefined) reader.beginAt(firstCursor);
  channel?.postMessage({ kind: "who" } satisfies Message);
  announce();
}

function tell(message: Message): void {
  channel?.postMessage(message);
  take(message);
}

function take(message: Message): void {
  if (message.kind === "state") live.value = message.state;
  if (message.kind === "resync") for (const listener of resyncListeners) listener();
  if (message.kind === "delta")
    for (const listener of listeners.get(message.delta.topic) ?? []) listener(message.delta);
}

function hear(message: Message): void {
  if (message.kind === "who") return reader === undefined ? announce() : tell({ kind: "state", state: live.value });
  if (reader === undefined) return take(message);
  if (message.kind === "gone") tabs.delete(message.tab);
  if (message.kind === "topics") tabs.set(message.tab, { ...message, heardAt: performance.now() });
  readSoon();
}

function announceSoon(): void {
  if (hasStarted) queueMicrotask(announce);
}

function announce(): void {
  const topics = [...listeners.keys()];
  const isSeen = document.visibilityState === "visible";
  tabs.set(me, { topics, isSeen, heardAt: performance.now() });
  if (reader === undefined) channel?.postMessage({ kind: "topics", tab: me, topics, isSeen } satisfies Message);
  else readSoon();
}

/** Reads what the tabs together show, a moment later: a page asks for several topics at once. */
function readSoon(): void {
  clearTimeout(planned);
  planned = setTimeout(() => {
    const now = performance.now();
    for (const [tab, { heardAt }] of tabs) if (tab !== me && now - heardAt > tabGoneAfter) tabs.delete(tab);
    const all = [...tabs.values()].toSorted((a, b) => Number(b.isSeen) - Number(a.isSeen));
    const topics = [...new Set(all.flatMap(({ topics }) => topics))].slice(0, topicsMax);
    const isSeen = all.some((tab) => tab.isSeen);
    if (!isSeen) {
      asleep ??= setTimeout(() => {
        reader?.stop();
        tell({ kind: "state", state: { is: "asleep" } });
      }, asleepAfter);
      return;
    }
    clearTimeout(asleep);
    asleep = undefined;
    reader?.read(topics);
  }, 40);
}
