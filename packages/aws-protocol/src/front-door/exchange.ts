import type { IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import type { BodySource } from "../body/request-body.ts";
import type { ServiceResponse } from "../service/service.ts";

/** Whether a connection speaks TLS. */
export const isEncrypted = (socket: Socket): boolean => "encrypted" in socket && socket.encrypted === true;

/** A service's response as it goes over the wire. */
export interface OutgoingResponse extends Pick<ServiceResponse, "status" | "headers" | "body"> {
  /** Whether the connection must be closed after it. */
  readonly isLast: boolean;
}

/** A request and the means to respond to it, whichever server has read it. */
export interface Exchange extends BodySource {
  readonly method: string;
  /** Path and query, as they came. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Header values as the signature covers them: repeated headers one by one. */
  signedValues(): Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The caller's address, when it came over TCP. */
  readonly remoteAddress: string | undefined;
  /** The address at which the connection has arrived, when it came over TCP. */
  readonly localAddress: string | undefined;
  /** Whether it came over TLS. */
  readonly isEncrypted: boolean;
  /** To be called when its signature is verified. */
  onSignatureVerified(): void;
  /** Calls back when the client goes away before the response. */
  onClientGone(callback: () => void): void;
  /** Sends `100 Continue` to a client that waits for it before it sends its body. */
  sendContinue(): void;
  /** Sends the response. Returns undefined when it is sent already; throws, or rejects, when it cannot be. */
  respond(response: OutgoingResponse): Promise<void> | undefined;
  /** Ends the connection if the request's body has not ended after this time. */
  limitBodyTime(milliseconds: number): void;
  /** Ends the connection: all that is left when a response cannot be sent. */
  destroy(error?: Error): void;
}
