import assert from "node:assert/strict";
import { Agent, request as openRequest } from "node:http";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import {
  DeregisterTargetsCommand,
  ModifyTargetGroupAttributesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { openLocalCloud } from "../../test/local-cloud.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { whyMissing } from "../../../../test/support/why-missing.ts";
import { type Backend, type Balanced, openBackend, openBalanced } from "../../test/targets.ts";

/** Requests that the test makes at least. */
const requestsMin = 20_000;
const clients = 24;
/** Each target leaves and comes back so many times. */
const rounds = 2;

const noHaproxy = await whyMissing("haproxy");

test("not one of 20,000 requests is lost while targets leave, restart and come back in turn", (t) =>
  losesNothing(t, "builtin"));

test("HAProxy loses none either", { skip: noHaproxy }, (t) => losesNothing(t, "haproxy"));

async function losesNothing(t: Parameters<typeof openBackend>[0], loadBalancer: "builtin" | "haproxy"): Promise<void> {
  const cloud = await openLocalCloud(t, { loadBalancer });
  const backends = await Promise.all([1, 2, 3].map(() => openBackend(t, answerVersion())));
  const balanced = await openBalanced(t, cloud);
  await balanced.elb.send(
    new ModifyTargetGroupAttributesCommand({
      TargetGroupArn: balanced.group,
      Attributes: [{ Key: "deregistration_delay.timeout_seconds", Value: "1" }],
    }),
  );
  await balanced.join(...backends);
  const load = new Load(balanced.port);

  const running = load.run();
  for (let round = 0; round < rounds; round += 1)
    for (const [index, backend] of backends.entries()) backends[index] = await renew(t, balanced, backend);
  await eventually("enough requests are made", async () => (load.answered >= requestsMin ? true : undefined), 60);
  await load.stop(running);

  assert.deepEqual(load.troubles, []);
  assert(load.answered >= requestsMin);
  assert(load.connections > 1_000, "some of them came over fresh connections");
}

/** What a small web application does: some answers at once, some late, some after a body. */
function answerVersion() {
  return (...[request, response]: Parameters<Parameters<typeof openBackend>[1]>) => {
    let bytes = 0;
    request.on("data", (chunk: Buffer) => (bytes += chunk.length));
    request.on("end", () => {
      if (request.url === "/late") setTimeout(() => response.end(`${bytes}`), 20);
      else response.end(`${bytes}`);
    });
  };
}

/** Takes a target out as a deployment does, ends its server without mercy once it is gone, starts it anew and puts it back. */
async function renew(t: Parameters<typeof openBackend>[0], balanced: Balanced, backend: Backend): Promise<Backend> {
  const { elb, group: TargetGroupArn, states, join } = balanced;
  await elb.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets: [backend.target] }));
  await eventually("the target is gone", async () => ((await states()).length === 2 ? true : undefined));
  await backend.close();
  await pause(50); // its server takes a while to start
  const next = await openBackend(t, answerVersion(), backend.port);
  await join(next);
  return next;
}

/** Clients that ask without a break; each third request comes over a connection of its own, each fourth brings a body. */
class Load {
  answered = 0;
  connections = 0;
  readonly troubles: string[] = [];
  readonly #port: number;
  readonly #kept = new Agent({ keepAlive: true });
  #isOver = false;

  constructor(port: number) {
    this.#port = port;
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: clients }, (_, client) => this.#client(client)));
  }

  async stop(running: Promise<void>): Promise<void> {
    this.#isOver = true;
    await running;
    this.#kept.destroy();
  }

  async #client(client: number): Promise<void> {
    for (let count = client; !this.#isOver; count += 1) {
      const body = count % 4 === 0 ? "x".repeat(5_000) : "";
      const path = count % 10 === 0 ? "/late" : "/";
      await this.#ask({ path, body, isFresh: count % 3 === 0 });
    }
  }

  #ask({ path, body, isFresh }: { path: string; body: string; isFresh: boolean }): Promise<void> {
    return new Promise((resolve) => {
      const end = (trouble?: string) => {
        if (trouble === undefined) this.answered += 1;
        else this.troubles.push(trouble);
        resolve();
      };
      const asked = openRequest({
        agent: isFresh ? false : this.#kept,
        host: "127.0.0.1",
        port: this.#port,
        path,
        method: body === "" ? "GET" : "POST",
        headers: body === "" ? {} : { "content-length": body.length },
        timeout: 5_000,
      });
      if (isFresh) this.connections += 1;
      asked.once("timeout", () => asked.destroy(new Error("no answer within 5 s")));
      asked.once("error", (error) => end(`${path} ${body.length}: ${error.message}`));
      asked.once("response", (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        answer.once("end", () =>
          end(answer.statusCode === 200 && text === String(body.length) ? undefined : `${answer.statusCode} ${text}`),
        );
        answer.once("error", (error) => end(`broken off: ${error.message}`));
      });
      asked.end(body);
    });
  }
}
