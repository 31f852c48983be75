import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Fault } from "../fault.ts";
import type { Call } from "../permission/identity.ts";
import type { ResolvedAccess } from "../permission/permission.ts";

type OperationName<Sdk> = { [Key in keyof Sdk]: Key extends `${infer Name}Command` ? Name : never }[keyof Sdk];

type CommandOf<Sdk, Name extends string> = `${Name}Command` extends keyof Sdk
  ? Sdk[`${Name}Command`] extends abstract new (...args: never[]) => infer Instance
    ? Instance
    : never
  : never;

/** The input of one operation, as the SDK types it. */
export type InputOf<Sdk, Name extends string> = CommandOf<Sdk, Name> extends { input: infer Input } ? Input : never;

// Every output of the SDK extends the client's own metadata; a command has it in the type of the handler that it resolves to.
type ResolvedOutput<Command> = Command extends {
  resolveMiddleware(...args: never[]): (...args: never[]) => Promise<{ output: infer Output }>;
}
  ? Output
  : never;

/** The output of one operation, as the SDK types it; members may be undefined, and streams may be bytes. */
export type OutputOf<Sdk, Name extends string> = Given<Omit<ResolvedOutput<CommandOf<Sdk, Name>>, "$metadata">>;

type Given<Value> = {
  [Key in keyof Value]: Key extends "Body" ? Uint8Array | Readable | undefined : Value[Key] | undefined;
};

/** Every operation of a service by name, of the SDK's own types: a missing one does not compile. */
export type Operations<Sdk, Context> = {
  readonly [Name in OperationName<Sdk>]: (
    context: Context & { readonly call: Call },
    input: InputOf<Sdk, Name>,
  ) => OutputOf<Sdk, Name> | void | Promise<OutputOf<Sdk, Name> | void>;
};

/** A request's body without aws-chunked framing. Reading it to its end verifies its hash, chunk signatures and checksums: a mismatch ends in a Fault. It can be read once. */
export interface RequestBody {
  /** Reads the whole body. Rejects with a Fault when it is longer than `bytesMax`. */
  bytes(bytesMax: number): Promise<Buffer>;
  /** The body as it comes in. */
  stream(): Readable;
}

/** A request that the front door has routed, with a verified signature or none. */
export interface ServiceRequest {
  readonly method: string;
  /** Percent-encoded, without the query, as it came over the wire; with the bucket in front for virtual-host S3. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: RequestBody;
  readonly call: Call;
}

/** A service's response. */
export interface ServiceResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | string[]>>;
  readonly body?: string | Uint8Array | Readable | undefined;
  /** The operation and, if it failed, its exception name: for the log. */
  readonly operation?: string | undefined;
  readonly fault?: string | undefined;
  /** What the request was about, as ARNs: for the audit log. */
  readonly resources?: readonly string[] | undefined;
}

/** The parts of a request that a refusal needs. */
export interface RefusedRequest {
  readonly requestId: string;
  readonly headers: IncomingHttpHeaders;
  readonly path: string;
}

/** One AWS service. Faults never leave `serve`: they become responses in the service's own protocol. */
export interface Service {
  /** For messages and logs, such as `codedeploy`. */
  readonly name: string;
  /** The names in credential scopes that lead here. */
  readonly signingNames: readonly string[];
  /** `X-Amz-Target` prefix before the dot, for JSON services. */
  readonly targetPrefixes: readonly string[];
  /** `Version` parameter of query services; tells apart services that share a signing name. */
  readonly version?: string | undefined;
  readonly protocol: "json" | "query" | "ec2" | "rest-json" | "rest-xml";
  /** Longest body that the service reads into memory, in bytes. */
  readonly bodyBytesMax: number;
  /** Whether a request is for a path of this service; undefined when paths do not tell services apart. */
  readonly routes?: ((request: Pick<ServiceRequest, "method" | "path" | "query" | "headers">) => boolean) | undefined;
  /** For a service with host names of its own, such as function URLs: it gets every request to them, also unsigned ones, whose caller is `anonymous`. */
  readonly servesHost?: ((host: string) => boolean) | undefined;
  /** For what is called with passwords instead of signatures, as image registries are: the access key that a request's password stands for. Undefined, where it has none that is good, for a caller who comes as `anonymous`. */
  readonly readPassword?:
    | ((headers: IncomingHttpHeaders) => { readonly accessKeyId: string; readonly region: string } | undefined)
    | undefined;
  /** The operations that are served. */
  readonly operations?: readonly string[] | undefined;
  /** Returns what a request to an operation would do, in IAM's words. */
  accesses?(
    operation: string,
    input: Readonly<Record<string, unknown>>,
    call: Call,
  ): readonly ResolvedAccess[] | Promise<readonly ResolvedAccess[]>;
  /** The service's name in the credential scopes of requests to its own host names; undefined when nobody signs there. */
  readonly hostScope?: string | undefined;
  serve(request: ServiceRequest): Promise<ServiceResponse>;
  /** Encodes a fault from before the service saw the request (signature, size, clock). */
  refuse(fault: Fault, request: RefusedRequest): ServiceResponse;
}
