import type * as Lambda from "@aws-sdk/client-lambda";
import type { Operations } from "@sluice/aws-protocol";
import type { CallContext } from "./invocation/call-function.ts";
import type { CodeLinks } from "./store/code-links.ts";
import type { CodeStore } from "./store/code-store.ts";
import type { EventQueue } from "./invocation/event-queue.ts";
import type { Runtimes } from "./runtimes/runtimes.ts";

export interface LambdaContext extends CallContext {
  readonly code: CodeStore;
  readonly links: CodeLinks;
  readonly runtimes: Runtimes;
  readonly events: EventQueue;
  readonly clock: () => number;
  /** The port that function URLs are reached at. */
  readonly port: () => number;
  /** Reads an object of S3. Throws a Fault when there is none. */
  readonly readObject: (object: { bucket: string; key: string; version: string | undefined }) => Promise<Uint8Array>;
  /** The unique id of the user or role that an ARN names now, a session's ARN its role. */
  readonly uniqueIdOf: (arn: string) => string | undefined;
  /** Prints a line for the operator. */
  readonly note: (line: string) => void;
  /** Runtimes whose interpreter has been printed. */
  readonly toldRuntimes: Set<string>;
}

/** Some of Lambda's operations. */
export type LambdaOperations = Partial<Operations<typeof Lambda, LambdaContext>>;
