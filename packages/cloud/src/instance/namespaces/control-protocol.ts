import type { Readable } from "node:stream";
import type {
  ContainerCommand,
  ContainerEnd,
  ContainerName,
  ContainerStart,
  OpenTask,
  TaskOpening,
} from "../task/task-driver.ts";

// What the control plane and netd say to each other over the control socket: one JSON text a line. A connection that
// begins with an `exec` request changes over to frames.

/** What netd can be asked for. */
export type Request =
  /** This connection is the control plane's: when it breaks off, the time that instances may outlive it begins. */
  | { readonly op: "attach" }
  /** Opens the services that netd carries; instances will know the control plane's endpoint at this port. The answer has all ports at which those that run may know it. */
  | { readonly op: "listen"; readonly port: number }
  | {
      readonly op: "launch";
      readonly instanceId: string;
      readonly privateIp: string;
      readonly hostname: string;
      readonly hasAgent: boolean;
      readonly packageLocks: number;
      readonly userData?: string /* base64 */ | undefined;
    }
  | { readonly op: "stop"; readonly instanceId: string }
  | { readonly op: "terminate"; readonly instanceId: string }
  | { readonly op: "running" }
  | ({ readonly op: "open-task" } & TaskOpening)
  | ({ readonly op: "start-container" } & ContainerStart)
  /** Is answered when it has ended. */
  | ({ readonly op: "await-container" } & ContainerName)
  | ({ readonly op: "signal-container"; readonly signal: NodeJS.Signals } & ContainerName)
  | ({ readonly op: "run-in-container" } & ContainerCommand)
  | { readonly op: "close-task"; readonly taskId: string }
  | { readonly op: "tasks" }
  /** Ends everything. */
  | { readonly op: "close" }
  | { readonly op: "exec"; readonly instanceId: string; readonly argv: readonly string[] };

/** A request with the number by which its answer is recognized. */
export type Numbered = Request & { readonly id: number };

/** netd's answer. */
export interface Answer {
  readonly id: number;
  readonly instances?: readonly string[] | undefined;
  readonly ports?: readonly number[] | undefined;
  readonly tasks?: readonly OpenTask[] | undefined;
  readonly end?: ContainerEnd | undefined;
  readonly ran?: { readonly exitCode?: number | undefined; readonly output: string };
  readonly error?: string | undefined;
}

/** The kinds of frames of a running command: the first byte of each, before four bytes of length. */
export const frames = { input: 0, output: 1, error: 2, exit: 3, inputEnd: 4 } as const;

/** One kind of frame. */
type FrameKind = (typeof frames)[keyof typeof frames];

/** One frame as bytes. */
export function frame(kind: FrameKind, payload: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(kind, 0);
  head.writeUInt32BE(payload.length, 1);
  return Buffer.concat([head, payload]);
}

/** Takes frames out of a stream. `start` are bytes that were read before. */
export async function* readFrames(
  stream: Readable,
  start: Buffer,
): AsyncGenerator<{ readonly kind: number; readonly payload: Buffer }> {
  let rest = start;
  const complete = () => rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1);
  const take = () => {
    const end = 5 + rest.readUInt32BE(1);
    const found = { kind: rest.readUInt8(0), payload: rest.subarray(5, end) };
    rest = rest.subarray(end);
    return found;
  };
  while (complete()) yield take();
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (complete()) yield take();
  }
}

/** Longest line of the control protocol, in bytes: user data is at most 16 KB before base64. */
const lineBytesMax = 256 * 1024;

/** Returns the first line of a stream, and the bytes after it; the stream is left paused. Undefined when it ends before. */
export function readLine(stream: Readable): Promise<{ readonly line: string; readonly rest: Buffer } | undefined> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    const finish = (found: { line: string; rest: Buffer } | undefined) => {
      stream.off("data", take).off("end", end).off("close", end).off("error", end);
      stream.pause();
      resolve(found);
    };
    const end = () => finish(undefined);
    const take = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const at = bytes.indexOf(0x0a);
      if (at !== -1) finish({ line: bytes.toString("utf8", 0, at), rest: bytes.subarray(at + 1) });
      else if (bytes.length > lineBytesMax) end();
    };
    stream.on("data", take).on("end", end).on("close", end).on("error", end);
  });
}
