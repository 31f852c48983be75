import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { frame, frames, readFrames } from "../control-protocol.ts";

const environment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  USER: "root",
  LOGNAME: "root",
  LANG: "C.UTF-8",
  SHELL: "/bin/bash",
  TERM: "xterm",
  NODE_EXTRA_CA_CERTS: "/etc/sluice/authority.crt",
  AWS_CA_BUNDLE: "/etc/ssl/certs/ca-certificates.crt",
};

/** Spawns a command inside an instance, as its root, connected by pipes. */
export function enterInstance(first: number, argv: readonly string[]): ChildProcess {
  // With the instance's users, too: what is run there has no rights beyond it.
  const spaces = ["-U", "--preserve-credentials", "-m", "-p", "-n", "-u", "-i", "-r", "-w"];
  const words = ["-t", String(first), ...spaces, "--", ...argv];
  return spawn("nsenter", words, { env: environment, detached: true, stdio: ["pipe", "pipe", "pipe"] });
}

/** Carries the input and output of a command that has been spawned over the socket, in frames. When the socket closes, the command ends. */
export async function carryCommand(socket: Socket, rest: Buffer, child: ChildProcess): Promise<void> {
  const [input, output, errors] = [child.stdin as Writable, child.stdout as Readable, child.stderr as Readable]; // pipes
  const end = () => endGroup(child);
  socket.on("close", end);
  input.on("error", () => {}); // a command that does not read its input
  output.on("data", (chunk: Buffer) => socket.write(frame(frames.output, chunk)));
  errors.on("data", (chunk: Buffer) => socket.write(frame(frames.error, chunk)));
  child.once("error", (error) =>
    socket.end(Buffer.concat([frame(frames.error, Buffer.from(`${error.message}\n`)), exitFrame(127)])),
  );
  child.once("close", (code, signal) => {
    socket.off("close", end);
    if (socket.writable) socket.end(exitFrame(signal === null ? (code ?? 1) : 137));
  });
  for await (const { kind, payload } of readFrames(socket, rest)) {
    if (kind === frames.input) input.write(payload);
    if (kind === frames.inputEnd) input.end();
  }
}

/** Ends a command that was entered, with what it has started. */
export function endGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, "SIGKILL");
}

const exitFrame = (code: number): Buffer => frame(frames.exit, Buffer.from([code]));
