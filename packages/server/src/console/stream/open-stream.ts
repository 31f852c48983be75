import type { ServerResponse } from "node:http";
import type { StreamMessages } from "../contract.ts";
import { answerHeaders } from "../http/respond.ts";
import type { Reader } from "./hub.ts";
import type { Sight } from "./render.ts";
import { frameOf, type Told } from "./told.ts";
import type { Topic } from "./topics.ts";

/** How often a stream says that it is alive, in seconds. */
export const beatSeconds = 15;

/** How long a client may leave a stream unread, in milliseconds. */
const unreadMilliseconds = 60_000;

/** What a stream needs of the hub. */
interface StreamHooks {
  /** The client has read what it was sent. */
  readonly onDrain: () => void;
}

/** A stream of server-sent events to one client. What the client does not read is not kept for it. */
export class OpenStream implements Reader {
  readonly topics: readonly Topic[];
  sight: Sight;
  cursor: number;
  readonly #response: ServerResponse;
  readonly #beat: NodeJS.Timeout;
  #unread: NodeJS.Timeout | undefined;

  constructor(
    response: ServerResponse,
    about: Pick<Reader, "topics" | "sight" | "cursor"> & { readonly now: number },
    { onDrain }: StreamHooks,
  ) {
    this.#response = response;
    this.topics = about.topics;
    this.sight = about.sight;
    this.cursor = about.cursor;
    response.writeHead(200, {
      ...answerHeaders,
      "content-type": "text/event-stream; charset=utf-8",
      "x-accel-buffering": "no",
    });
    this.#say("hello", { cursor: String(about.cursor), now: about.now, beatSeconds });
    response.on("drain", () => {
      clearTimeout(this.#unread);
      this.#unread = undefined;
      onDrain();
    });
    this.#beat = setInterval(() => {
      if (!response.writableNeedDrain) response.write(": beat\n\n");
    }, beatSeconds * 1_000);
    response.once("close", () => this.#stop());
  }

  take(deltas: readonly Told[]): boolean {
    let isRead = true;
    for (const { frame } of deltas) isRead = this.#response.write(frame);
    if (isRead) return true;
    this.#unread ??= setTimeout(() => this.#response.destroy(), unreadMilliseconds);
    return false;
  }

  resync(cursor: number, why: StreamMessages["resync"]["why"]): void {
    this.#say("resync", { cursor: String(cursor), why }, cursor);
  }

  /** Says the last message, and closes. */
  end(message: StreamMessages["end"]): void {
    this.#stop();
    if (this.#response.writableEnded) return;
    this.#say("end", message);
    this.#response.end();
    // Who does not read does not hear that either.
    if (this.#response.writableNeedDrain) this.#response.destroy();
  }

  #say(name: keyof StreamMessages, message: object, cursor?: number): void {
    this.#response.write(frameOf(name, JSON.stringify(message), cursor));
  }

  #stop(): void {
    clearInterval(this.#beat);
    clearTimeout(this.#unread);
  }
}
