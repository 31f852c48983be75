import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { once } from "node:events";
import type { Answer, Request } from "./control-protocol.ts";
import { sockets, withSocketPath } from "./folders.ts";

/** Opens a connection to a socket in a folder. Returns undefined when nothing listens there. */
export function connectTo(folder: string, name: string): Promise<Socket | undefined> {
  return withSocketPath(folder, name, async (path) => {
    const socket = connect({ path, allowHalfOpen: true });
    try {
      await once(socket, "connect");
      return socket;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ECONNREFUSED") return undefined;
      throw error;
    }
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined; // there is no such folder
    throw error;
  });
}

/** Asks netd over its control socket. */
export class ControlClient {
  readonly #socket: Socket;
  readonly #waiting = new Map<
    number,
    { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void }
  >();
  #next = 1;

  constructor(socket: Socket) {
    this.#socket = socket;
    const end = () => socket.destroy();
    createInterface({ input: socket })
      .on("line", (line) => this.#take(JSON.parse(line) as Answer))
      .on("error", end); // it passes the socket's own errors on
    socket.on("close", () => {
      for (const { reject } of this.#waiting.values())
        reject(new Error("The process that carries the instances has ended"));
    });
    socket.on("error", end);
  }

  /** Returns the netd of a state folder, or undefined when none runs. */
  static async find(state: string): Promise<ControlClient | undefined> {
    const socket = await connectTo(state, sockets.control);
    return socket && new ControlClient(socket);
  }

  /** Sends a request; resolves to its response. Throws what went wrong inside. */
  async ask(request: Request): Promise<Answer> {
    const id = this.#next;
    this.#next += 1;
    const answered = new Promise<Answer>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#socket.write(`${JSON.stringify({ ...request, id })}\n`);
    const answer = await answered;
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  /** Ends netd with all its instances. Resolves when the connection is gone. */
  async closeAll(): Promise<void> {
    if (this.#socket.closed) return; // it has ended before
    const gone = new Promise((resolve) => this.#socket.once("close", resolve));
    this.#socket.end(`${JSON.stringify({ op: "close", id: 0 } satisfies Request & { id: number })}\n`);
    await gone;
  }

  #take(answer: Answer): void {
    this.#waiting.get(answer.id)?.resolve(answer);
    this.#waiting.delete(answer.id);
  }
}
