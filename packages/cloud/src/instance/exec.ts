import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { connectTo } from "./namespaces/control-client.ts";
import { frame, frames, readFrames } from "./namespaces/control-protocol.ts";
import { sockets, stateFolderOf } from "./namespaces/folders.ts";
import { plainInstances } from "./plain/instance-folder.ts";
import { mark } from "./plain/processes.ts";

/** A command to run on an instance of a data folder, and the streams that it is connected to. */
export interface Execution {
  readonly dataFolder: string;
  readonly instanceId: string;
  readonly argv: readonly string[];
  readonly stdio: { readonly stdin: Readable; readonly stdout: Writable; readonly stderr: Writable };
}

/** Runs a command on an instance, as root. Returns its exit code. Throws when the instance does not run. */
export async function execInInstance(execution: Execution): Promise<number> {
  const plain = plainInstances(execution.dataFolder).find(({ instanceId }) => instanceId === execution.instanceId);
  if (plain === undefined) return execInNamespace(execution);
  const [command = "", ...words] = execution.argv;
  const { folder, root, port } = plain;
  const child = spawn(command, words, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, PORT: String(port), SLUICE_INSTALL_ROOT: root, [mark]: folder },
  });
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null]; // what a child process emits
  return code ?? (signal === null ? 1 : 137);
}

async function execInNamespace({ dataFolder, instanceId, argv, stdio }: Execution): Promise<number> {
  const socket = await connectTo(stateFolderOf(dataFolder), sockets.control);
  if (socket === undefined)
    throw new Error(`Cannot run a command on ${instanceId}: no instances run on "${dataFolder}"`);
  socket.on("error", () => socket.destroy());
  socket.write(`${JSON.stringify({ op: "exec", id: 0, instanceId, argv })}\n`);
  stdio.stdin.on("data", (chunk: Buffer) => socket.write(frame(frames.input, chunk)));
  stdio.stdin.on("end", () => socket.write(frame(frames.inputEnd)));
  try {
    for await (const { kind, payload } of readFrames(socket, Buffer.alloc(0))) {
      if (kind === frames.output) stdio.stdout.write(payload);
      if (kind === frames.error) stdio.stderr.write(payload);
      if (kind === frames.exit) return payload[0] ?? 1;
    }
  } finally {
    stdio.stdin.pause();
    socket.destroy();
  }
  throw new Error(`Cannot run a command on ${instanceId}: it does not run`);
}
