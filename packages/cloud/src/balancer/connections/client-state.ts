import type { BodyReader } from "../http/body-reader.ts";
import type { RequestHead } from "../http/request-head.ts";
import type { ResponseWriter } from "../http/response-writer.ts";

/** A request that is being served. The response is written through its connection. */
export interface InFlightRequest {
  bodyPiece(bytes: Buffer): void;
  bodyEnded(): void;
  /** The client takes more of the response. */
  clientReady(): void;
  /** The client is gone, or what it sent cannot be read on: nobody waits for the response. */
  clientGone(): void;
}

/** What a connection is doing. One request follows another: idle, serving, perhaps draining, idle again. */
export type ClientState = Idle | Serving | Draining | Closing | Closed;

/** No request is under way; part of the next head may have come. */
interface Idle {
  readonly phase: "idle";
}

/** A request is served; its body may still be coming. */
export interface Serving {
  readonly phase: "serving";
  readonly head: RequestHead;
  /** Undefined where there is none. */
  readonly body: BodyReader | undefined;
  /** Undefined until the handler has returned. */
  request: InFlightRequest | undefined;
  /** Undefined until the response has begun. */
  response: ResponseWriter | undefined;
  /** Whether the target takes no more of the body for now. */
  isHeld: boolean;
  /** Whether the client sends the body only after a `100 Continue`. */
  awaitsContinue: boolean;
}

/** The response is complete; the rest of the request's body is read and dropped, to find where the next request begins. */
interface Draining {
  readonly phase: "draining";
  readonly body: BodyReader;
}

/** The last response was written. What still comes is dropped for a while: closing at once would make TCP discard the response. */
interface Closing {
  readonly phase: "closing";
}

/** The socket is closed, or belongs to somebody else. */
interface Closed {
  readonly phase: "closed";
}

/** Between two requests. */
export const idle: ClientState = { phase: "idle" };

/** Whether more of a request's body is to come. */
export function isReadingBody(state: ClientState): state is (Serving | Draining) & { readonly body: BodyReader } {
  return (state.phase === "serving" || state.phase === "draining") && state.body?.isComplete === false;
}
