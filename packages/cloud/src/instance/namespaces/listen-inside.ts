import { spawn } from "node:child_process";
import { Server, type Socket } from "node:net";
import { extname, join } from "node:path";

/** Listens in another network; `enter` are words before a command that make it run there. `take` gets every connection, even before this resolves. Throws what the system said when it cannot listen. */
export async function listenInside(
  enter: readonly string[],
  { address, port, take }: { readonly address: string; readonly port: number; take(this: void, socket: Socket): void },
): Promise<Server> {
  const program = join(import.meta.dirname, `listen-main${extname(import.meta.filename)}`);
  const [command, ...words] = [...enter, process.execPath, program, address, String(port)] as const;
  const child = spawn(command ?? process.execPath, words, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ended = new Promise<never>((_resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`its process ended with ${code}`)));
  });
  const opened = new Promise<Server>((resolve, reject) => {
    child.once("message", ({ error }: { readonly error?: string }, handle: unknown) => {
      child.disconnect(); // it ends then
      if (handle instanceof Server) resolve(handle.on("connection", take));
      else reject(new Error(error));
    });
  });
  try {
    const server = await Promise.race([opened, ended]);
    await ended.catch(() => {}); // until then it takes connections, too
    return server;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot listen on ${address}:${port} in the instances' network: ${why}`, { cause });
  }
}
