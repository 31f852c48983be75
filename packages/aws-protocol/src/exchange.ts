import type { IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import type { BodySource } from "./request-body.ts";
import type { ServiceResponse } from "./service.ts";

/** Whether a connection speaks TLS. */
export const isEncrypted = (socket: Socket): boolean => "encrypted" in socket && socket.encrypted === true;

/** What goes out: a service's response as far as it is seen on the wire. */
export interface Outgoing extends Pick<ServiceResponse, "status" | "headers" | "body"> {
  /** Whether the connection must end with it. */
  readonly isLast: boolean;
}

/** A request and the way to answer it, however it came. */
export interface Exchange extends BodySource {
  readonly method: string;
  /** Path and query, as they came. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Header values as they are signed: repeated ones one by one. */
  signedValues(): Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The caller's address, where it came over TCP. */
  readonly remoteAddress: string | undefined;
  /** Whether it came over TLS. */
  readonly isEncrypted: boolean;
  /** Its signature has been proved. */
  proved(): void;
  /** Calls back when the caller goes away before the answer. */
  onGone(gone: () => void): void;
  /** Tells a client that waits for leave to send its body to go on. */
  proceed(): void;
  /** Sends the answer; undefined when that is done already. Rejects, or throws, when it cannot be done. */
  answer(outgoing: Outgoing): Promise<void> | undefined;
  /** Ends the connection when the request's body has not come to its end after so long. */
  endWithin(milliseconds: number): void;
  /** Ends the connection: all that is left when an answer cannot be sent. */
  destroy(error?: Error): void;
}
