// moto, a substitute for AWS that we did not write, for tests of the gateways.
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import type { Checkpoint, Effect } from "@sluice/engine";
import { freePort } from "../../packages/cloud/test/targets.ts";
import type { Clients } from "../../packages/server/src/gateways/clients.ts";
import { openGateways } from "../../packages/server/src/gateways/gateways.ts";
import { type EffectContext, performEffect } from "../../packages/server/src/reconciler/perform-effect.ts";
import { eventually } from "./eventually.ts";

/** Starts moto for one test; returns clients that call it. */
export async function openMoto(test: TestContext): Promise<Clients> {
  const port = await freePort();
  const moto = spawn("moto_server", ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  const gone = once(moto, "exit");
  test.after(async () => {
    moto.kill();
    await gone;
  });
  const endpoint = `http://127.0.0.1:${port}`;
  await eventually(
    "moto answers",
    () =>
      fetch(endpoint).then(
        () => true,
        () => undefined,
      ),
    60,
  );
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const gateways = openGateways({ at: "self", config: () => ({ region: "us-east-1", endpoint, credentials }) });
  test.after(() => gateways.close());
  return gateways.as("");
}

/** Performs an effect repeatedly, as the reconciler does, until it is done, or has moved so much of the traffic. Returns its checkpoints. */
export async function toTheEnd(
  clients: Clients,
  effect: Effect,
  { now = 0, until = "done" }: { readonly now?: number; readonly until?: "done" | number } = {},
): Promise<Checkpoint> {
  let checkpoint: Checkpoint | undefined;
  return eventually(`${effect.kind} is done`, async () => {
    const outcome = await performEffect({ clients, now } as EffectContext, effect, checkpoint); // these effects need no more
    if (outcome.checkpoint !== undefined) checkpoint = { ...checkpoint, ...outcome.checkpoint };
    if (outcome.is === "failed") throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
    const isThere = until === "done" ? outcome.is === "done" : checkpoint?.shifted?.percent === until;
    return isThere ? (checkpoint ?? {}) : undefined;
  });
}

/** Records every later call to some services, in order. */
export async function record(
  ...clients: readonly Promise<{ readonly middlewareStack: object }>[]
): Promise<{ readonly name: string; readonly input: object }[]> {
  const calls: { readonly name: string; readonly input: object }[] = [];
  for (const { middlewareStack } of (await Promise.all(clients)) as readonly { middlewareStack: Steps }[])
    middlewareStack.add((next, { commandName = "" }) => (args) => {
      calls.push({ name: commandName.replace(/Command$/, ""), input: args.input });
      return next(args);
    });
  return calls;
}

type Call = (args: { readonly input: object }) => Promise<unknown>;

/** What each client's calls go through; each service has its own type of it. */
interface Steps {
  add(step: (next: Call, context: { readonly commandName?: string }) => Call): void;
}
