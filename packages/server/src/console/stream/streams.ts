import type { IncomingMessage, ServerResponse } from "node:http";
import type { StreamMessages } from "../contract.ts";
import { badRequest, ConsoleProblem } from "../http/problem.ts";
import { sendText } from "../http/respond.ts";
import type { Viewer } from "../rights/viewer.ts";
import type { ConsoleSession, Sessions } from "../sessions/sessions.ts";
import type { SnapshotContext } from "../snapshots/context.ts";
import { visibleTo } from "../snapshots/visible.ts";
import { groupKey } from "./changes.ts";
import { Hub, type Reader } from "./hub.ts";
import type { Sight } from "./render.ts";
import { LongPoll } from "./long-poll.ts";
import { OpenStream } from "./open-stream.ts";
import { Told } from "./told.ts";
import { type Topic, topicsOf } from "./topics.ts";

/** How many streams and long polls there are at once. */
const streamsMax = 1_000;

/** How many of them one session has: one for each of its tabs would do. */
const streamsOfSessionMax = 16;

/** How often it is asked whether a reader still may read, in milliseconds: a second after a key has ended, so has its stream. */
const checkMilliseconds = 500;

/** The local cloud is looked at each so many of these times, while somebody reads of it: every two seconds. */
const checksOfCloud = 4;

/** Rights are judged anew each so many of these times: the session itself each time. */
const checksOfRights = 10;

/** The longest long poll, in seconds. */
const waitSecondsMax = 25;

export interface StreamsContext {
  readonly sessions: Sessions;
  readonly snapshots: SnapshotContext;
  /** Who a session is, now that its principal is known anew. */
  /** The names of the parts of the local cloud that have changed since this was asked last. */
  readonly cloudChanges: (viewer: Viewer) => Promise<readonly string[]>;
  readonly viewerAgain: (viewer: Viewer, principal: Viewer["call"]["principal"]) => Viewer;
  readonly onDefect: (error: unknown, about: string) => void;
}

interface Open {
  readonly session: ConsoleSession;
  readonly topics: readonly Topic[];
  readonly reader: Reader & { end(message: StreamMessages["end"]): void };
  viewer: Viewer;
}

/** The streams that are open: who may read what, for how long. */
export class Streams {
  readonly #context: StreamsContext;
  readonly #hub: Hub;
  readonly #open = new Set<Open>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #checks = 0;
  #isLooking = false;
  #isChecking = false;

  constructor(context: StreamsContext) {
    this.#context = context;
    this.#hub = new Hub(context.snapshots, context.onDefect);
  }

  /** Serves `GET /console/stream`. Resolves when it has begun, or with the end of a long poll. Throws what refuses it. */
  async serve(viewer: Viewer, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const query = new URLSearchParams((request.url ?? "").split("?").slice(1).join("?"));
    const topics = topicsOf(query.get("topics") ?? "");
    const cursor = this.#cursorOf(query.get("since"));
    const wait = waitOf(query.get("wait"));
    const sight = await this.#sightOf(viewer, topics);
    // Who has gone meanwhile would not be noticed any more.
    if (response.destroyed || response.closed) return;
    this.#requireRoom(viewer);
    const about = { topics, sight, cursor };
    if (wait === undefined) this.#stream(viewer, response, about);
    else await this.#poll(viewer, { request, response, wait }, about);
  }

  /** Ends all streams; their readers come back. */
  close(): void {
    this.#isClosed = true;
    for (const { reader } of this.#open) reader.end({ next: "again", why: "The server is closing" });
    clearInterval(this.#timer);
  }

  #stream(viewer: Viewer, response: ServerResponse, about: Pick<Reader, "topics" | "sight" | "cursor">): void {
    const reader: OpenStream = new OpenStream(
      response,
      { ...about, now: this.#context.snapshots.clock() },
      { onDrain: () => this.#hub.resume(reader) },
    );
    const forget = this.#keep({ session: viewer.session, topics: about.topics, reader, viewer });
    response.once("close", forget);
    this.#hub.add(reader);
  }

  async #poll(
    viewer: Viewer,
    {
      request,
      response,
      wait,
    }: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly wait: number },
    about: Pick<Reader, "topics" | "sight" | "cursor">,
  ): Promise<void> {
    const reader = new LongPoll(about, wait * 1_000);
    const forget = this.#keep({ session: viewer.session, topics: about.topics, reader, viewer });
    const onGone = () => reader.end({ next: "again", why: "The client has gone" });
    response.once("close", onGone);
    this.#hub.add(reader);
    const ended = await reader.ended;
    response.off("close", onGone);
    forget();
    if ("batch" in ended) return sendText(request, response, ended.batch);
    if (ended.end.next === "login") throw new ConsoleProblem(401, "NoSession", ended.end.why);
    throw new ConsoleProblem(503, "ComeBack", ended.end.why);
  }

  #keep(open: Open): () => void {
    this.#open.add(open);
    const signal = this.#context.sessions.endOf(open.session);
    const onEnd = () => open.reader.end(sessionOver);
    signal.addEventListener("abort", onEnd, { once: true });
    this.#timer ??= setInterval(() => void this.#checkAll(), checkMilliseconds);
    return () => {
      signal.removeEventListener("abort", onEnd);
      this.#open.delete(open);
      this.#hub.remove(open.reader);
      if (this.#open.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  async #checkAll(): Promise<void> {
    this.#checks += 1;
    if (this.#checks % checksOfCloud === 0) void this.#tellOfCloud();
    if (this.#isChecking) return;
    this.#isChecking = true;
    await Promise.all([...this.#open].map((open) => this.#check(open)));
    this.#isChecking = false;
  }

  /** The cloud's own events are in no log of ours: it is looked at, once for each key. */
  async #tellOfCloud(): Promise<void> {
    const readers = [...this.#open].filter(({ topics }) => topics.some(({ name }) => name === "cloud"));
    if (this.#isLooking || readers.length === 0) return;
    this.#isLooking = true;
    try {
      const keys = new Map(readers.map((open) => [open.session.accessKeyId, open.viewer]));
      for (const [accessKeyId, viewer] of keys) {
        const parts = await this.#context.cloudChanges(viewer);
        if (parts.length === 0) continue;
        for (const { reader, session } of readers)
          if (session.accessKeyId === accessKeyId && !this.#isClosed)
            reader.take([new Told(`"topic":"cloud","parts":${JSON.stringify(parts)}`, reader.cursor)]);
      }
    } catch (error) {
      if (!(error instanceof ConsoleProblem)) this.#context.onDefect(error, "the console's topic cloud");
    } finally {
      this.#isLooking = false;
    }
  }

  /** Ends a stream whose reader may not read it any more. */
  async #check(open: Open): Promise<void> {
    const { sessions, viewerAgain, onDefect } = this.#context;
    try {
      const principal = await sessions.renew(open.session);
      if (principal === undefined) return open.reader.end(sessionOver);
      if (this.#checks % checksOfRights !== 0) return;
      open.viewer = viewerAgain(open.viewer, principal);
      open.reader.sight = await this.#sightOf(open.viewer, open.topics);
    } catch (error) {
      if (!(error instanceof ConsoleProblem)) onDefect(error, "a stream's rights");
      open.reader.end({ next: "again", why: "The rights of this session have changed" });
    }
  }

  /** What a viewer may see. Throws 403 where a topic is not for it. */
  async #sightOf(viewer: Viewer, topics: readonly Topic[]): Promise<Sight> {
    for (const { id } of topics)
      if (id !== undefined) await viewer.demand("codedeploy:GetDeployment", { deploymentId: id });
    if (topics.some(({ name }) => name === "audit")) await viewer.demand("sluice:ListAuditEntries");
    if (viewer.isAdministrator) return { audit: true };
    const isOfAll = topics.some(({ id, name }) => id === undefined && name !== "audit" && name !== "cloud");
    const audit = (await viewer.may("sluice:ListAuditEntries")).isAllowed;
    if (!isOfAll) return { audit };
    const { groups } = await visibleTo(viewer, this.#context.snapshots);
    return { audit, groups: new Set(groups.map(({ application, name }) => groupKey(application, name))) };
  }

  #cursorOf(text: string | null): number {
    const { newestCursor } = this.#context.snapshots.store.events;
    if (text === null || text === "") return newestCursor;
    if (/^\d{1,15}$/.test(text)) return Number(text);
    throw badRequest("since must be a cursor, as answers have it");
  }

  #requireRoom({ session }: Viewer): void {
    const own = [...this.#open].filter((open) => open.session.id === session.id).length;
    if (this.#isClosed) throw new ConsoleProblem(503, "ComeBack", "The server is closing");
    if (own >= streamsOfSessionMax || this.#open.size >= streamsMax)
      throw new ConsoleProblem(
        429,
        "TooManyStreams",
        `There are ${own} streams of this session and ${this.#open.size} in all: at most ${streamsOfSessionMax} and ${streamsMax} may be open`,
      );
  }
}

const sessionOver = { next: "login", why: "The session has ended. For a new one: npx sluice console" } as const;

function waitOf(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^\d{1,2}$/.test(text) && Number(text) <= waitSecondsMax) return Number(text);
  throw badRequest(`wait must be a number of seconds up to ${waitSecondsMax}`);
}
