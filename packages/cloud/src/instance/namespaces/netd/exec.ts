import { spawn } from "node:child_process";
import type { Socket } from "node:net";
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

/** Runs a command inside an instance, its input and output carried over the socket in frames. When the socket closes, so does the command. */
export async function runInInstance(
  socket: Socket,
  rest: Buffer,
  { argv, first }: { argv: readonly string[]; first: number },
): Promise<void> {
  // With the instance's users, too: what is run there has no rights beyond it.
  const spaces = ["-U", "--preserve-credentials", "-m", "-p", "-n", "-u", "-i", "-r", "-w"];
  const words = ["-t", String(first), ...spaces, "--", ...argv];
  const child = spawn("nsenter", words, { env: environment, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  const end = () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, "SIGKILL");
  };
  socket.on("close", end);
  child.stdin.on("error", () => {}); // a command that does not read its input
  child.stdout.on("data", (chunk: Buffer) => socket.write(frame(frames.output, chunk)));
  child.stderr.on("data", (chunk: Buffer) => socket.write(frame(frames.error, chunk)));
  child.once("error", (error) =>
    socket.end(Buffer.concat([frame(frames.error, Buffer.from(`${error.message}\n`)), exitFrame(127)])),
  );
  child.once("close", (code, signal) => {
    socket.off("close", end);
    if (socket.writable) socket.end(exitFrame(signal === null ? (code ?? 1) : 137));
  });
  for await (const { kind, payload } of readFrames(socket, rest)) {
    if (kind === frames.input) child.stdin.write(payload);
    if (kind === frames.inputEnd) child.stdin.end();
  }
}

const exitFrame = (code: number): Buffer => frame(frames.exit, Buffer.from([code]));
