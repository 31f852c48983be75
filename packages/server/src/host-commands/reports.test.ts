import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { LifecycleEvent } from "@sluice/engine";
import { host, openPasses } from "../../test/open-passes.ts";
import { acknowledge, complete } from "./reports.ts";
import { HeldPolls } from "./polls.ts";

/** A deployment to one host that has its first command. */
async function openDeployment(t: TestContext) {
  const { record, ...passes } = await openPasses(t);
  const { store, clock, wake, settled } = passes;
  const id = "d-ABCDEFGHI";
  await record(id);
  wake(id);
  await settled();
  const context = { store, clock, polls: new HeldPolls(clock), handedOut: new Map<string, number>(), wake };
  const [command] = store.commands.openFor(host);
  assert(command);
  return {
    ...passes,
    id,
    command,
    acknowledge: () => acknowledge(context, command),
    complete: (status: "Succeeded" | "Failed") =>
      complete(context, command, {
        status,
        diagnostics: { errorCode: "Success", scriptName: "", message: status, logTail: "" },
      }),
    first: (): LifecycleEvent | undefined => store.deployments.targets(id)[0]?.events[0],
    open: () => store.commands.openFor(host).map(({ event }) => event),
  };
}

type Opened = Awaited<ReturnType<typeof openDeployment>>;

/** What a host says, in this order; what stands after it, and which command is open then. */
const conversations: Readonly<
  Record<
    string,
    {
      readonly says: (host: Opened) => readonly (() => Promise<unknown>)[];
      readonly stands: LifecycleEvent["status"];
      readonly open: readonly string[];
    }
  >
> = {
  "an acknowledgement that is repeated": {
    says: (host) => [host.acknowledge, host.acknowledge],
    stands: "InProgress",
    open: [],
  },
  "an outcome that is repeated": {
    says: (host) => [host.acknowledge, () => host.complete("Succeeded"), () => host.complete("Succeeded")],
    stands: "Succeeded",
    open: ["DownloadBundle"],
  },
  "an outcome that is followed by another one": {
    says: (host) => [host.acknowledge, () => host.complete("Succeeded"), () => host.complete("Failed")],
    stands: "Succeeded",
    open: ["DownloadBundle"],
  },
  "a failure that is followed by a success": {
    says: (host) => [host.acknowledge, () => host.complete("Failed"), () => host.complete("Succeeded")],
    stands: "Failed",
    open: [],
  },
  "an acknowledgement after the outcome": {
    says: (host) => [() => host.complete("Succeeded"), host.acknowledge],
    stands: "Succeeded",
    open: ["DownloadBundle"],
  },
};

for (const [name, { says, stands, open }] of Object.entries(conversations)) {
  test(`${name} in one transaction changes nothing`, async (t) => {
    const opened = await openDeployment(t);

    await Promise.all(says(opened).map((say) => say()));
    await opened.settled();

    assert.equal(opened.first()?.status, stands);
    assert.deepEqual(opened.open(), open);
    assert.deepEqual(opened.store.commands.newReports(opened.id), []);
  });

  test(`${name} in a later transaction changes nothing`, async (t) => {
    const opened = await openDeployment(t);
    const seen: unknown[] = [];
    for (const say of says(opened)) {
      await say();
      await opened.settled();
      seen.push(opened.first());
    }

    assert.equal(opened.first()?.status, stands);
    assert.deepEqual(seen.at(-1), seen.at(-2), "the last answer has changed the event");
    assert.deepEqual(opened.open(), open);
    assert.deepEqual(opened.store.commands.newReports(opened.id), []);
  });
}

test("an answer that no pass shares the transaction with waits for the next pass, and the first one stands", async (t) => {
  const { store, id, command, wake, settled, first, open } = await openDeployment(t);
  const answer = (status: "Succeeded" | "Failed") =>
    ({ commandId: command.id, at: 1, kind: "completed", status }) as const;

  await store.write(() => store.commands.addReport(answer("Succeeded"), id));
  assert.deepEqual(store.commands.newReports(id), [answer("Succeeded")]);
  assert.deepEqual(open(), [], "a command that is answered is given to nobody");
  const later = store.write(() => store.commands.addReport(answer("Failed"), id));
  wake(id);
  await Promise.all([later, settled()]);

  assert.equal(first()?.status, "Succeeded");
  assert.deepEqual(store.commands.newReports(id), []);
});

test("an answer is taken in although other work of its transaction throws", async (t) => {
  const opened = await openDeployment(t);

  const acknowledged = opened.acknowledge();
  const failing = opened.store.write(() => {
    throw new Error("no");
  });
  await assert.rejects(failing, /no/);

  assert.equal(await acknowledged, "InProgress");
  await opened.settled();
  assert.equal(opened.first()?.status, "InProgress");
  assert.deepEqual(opened.open(), []);
});

test("an answer to a deployment that has gone harms nobody else's", async (t) => {
  const opened = await openDeployment(t);
  const { store } = opened;

  const answer = { commandId: "d-NOBODYHAS/web/Install", at: 1, kind: "completed", status: "Succeeded" } as const;
  const lost = store.write(() => store.commands.addReport(answer, "d-NOBODYHAS"));
  const acknowledged = opened.acknowledge();
  await assert.rejects(lost, /FOREIGN KEY/);

  assert.equal(await acknowledged, "InProgress");
  assert.deepEqual(store.commands.newReports("d-NOBODYHAS"), []);
});
