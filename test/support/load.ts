import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";

/** The results of the requests so far. */
export interface Answered {
  readonly total: number;
  readonly keptAlive: number;
  readonly fresh: number;
  /** Why requests got no response, or one other than 200. */
  readonly lost: readonly string[];
}

/** The numbers of connections that send one request after the other, and of loops that open a new connection for each. */
const loops = { keptAlive: 8, fresh: 4 };

/** Steady requests to a URL, from a process of its own, until they are stopped. */
export class Load {
  readonly #process: ChildProcess;

  constructor(test: { after(end: () => void): void }, url: string) {
    this.#process = fork(import.meta.filename, [url]);
    test.after(() => this.#process.kill());
  }

  /** Returns the results of the requests so far. */
  answered(): Promise<Answered> {
    return this.#ask("look");
  }

  /** Stops: begins no more requests, and waits for those in flight. */
  async end(): Promise<Answered> {
    const answered = await this.#ask("end");
    this.#process.disconnect();
    return answered;
  }

  async #ask(what: "look" | "end"): Promise<Answered> {
    this.#process.send(what);
    const [answered] = (await once(this.#process, "message")) as [Answered]; // what the process below sends
    return answered;
  }
}

/** Sends requests until it is told to stop. */
function generate(url: string): void {
  const counts = { keptAlive: 0, fresh: 0 };
  const lost: string[] = [];
  const ending = new AbortController();
  const agent = new Agent({ keepAlive: true, maxSockets: loops.keptAlive });
  const loop = async (kind: keyof typeof loops) => {
    while (!ending.signal.aborted) {
      await get(url, kind === "fresh" ? false : agent).catch((error: unknown) =>
        lost.push(`${kind}, after ${counts[kind]}: ${String(error)}`),
      );
      counts[kind] += 1;
    }
  };
  const running = (["keptAlive", "fresh"] as const).flatMap((kind) =>
    Array.from({ length: loops[kind] }, () => loop(kind)),
  );
  process.on("message", (what) => {
    if (what === "end") ending.abort();
    const ready = what === "end" ? Promise.all(running) : Promise.resolve();
    void ready.then(() => process.send?.({ ...counts, total: counts.keptAlive + counts.fresh, lost }));
  });
}

/** Sends one request. Rejects unless a complete 200 response comes. */
function get(url: string, agent: Agent | false): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, timeout: 10_000 }, (response) => {
      response.resume();
      response.once("error", reject);
      response.once("end", () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`answer ${response.statusCode}`)),
      );
    });
    asked.once("timeout", () => asked.destroy(new Error("no answer within 10 s")));
    asked.once("error", reject);
    asked.end();
  });
}

const [, self, url] = process.argv;
if (self === import.meta.filename && url !== undefined) generate(url);
