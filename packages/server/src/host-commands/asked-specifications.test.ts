import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { host, openPasses } from "../../test/open-passes.ts";
import { deploymentExecutionId } from "../specification/host-command-identifier.ts";
import { signedSpecifications } from "../specification/signed-specifications.ts";
import { hostCommandService } from "./index.ts";
import { openScriptLogs } from "../store/script-logs.ts";
import { HeldPolls } from "./polls.ts";

const facts = { region: "us-east-1", accountId: "123456789012" };
const id = "d-ABCDEFGHI";
const nonce = "n".repeat(32);

/** A deployment to one host, whose specification that host asks for. What would be signed is what it gets. */
async function ground(t: TestContext) {
  const { record, store, clock, wake, settled, folder } = await openPasses(t);
  await record(id);
  wake(id);
  await settled();
  const found = { signatures: 0 };
  const specification = signedSpecifications({ store, gitHubTokenFor: () => undefined }, async (text) => {
    found.signatures += 1;
    return text;
  });
  const scriptLogs = openScriptLogs(folder);
  t.after(() => scriptLogs.close());
  const [polls, presence] = [new HeldPolls(clock), { seen: () => {} }];
  const service = hostCommandService(
    { ...facts, store, clock, wake, specification, polls, presence, scriptLogs },
    (error) => assert.fail(String(error)),
  );
  const call = async (operation: string, input: object) => {
    const { status, body } = await service.serve({
      ...{ method: "POST", path: "/", query: new URLSearchParams() },
      headers: { "x-amz-target": `CodeDeployCommandService_v20141006.${operation}` },
      body: { bytes: async () => Buffer.from(JSON.stringify(input)), stream: assert.fail },
      call: {
        ...{ requestId: "r", region: "us-east-1", accessKeyId: "", receivedAt: 0, endpoint: "http://127.0.0.1" },
        principal: { accountId: facts.accountId, arn: host, userId: "u", host },
        signal: new AbortController().signal,
      },
    });
    await settled();
    return { status, answer: JSON.parse(typeof body === "string" && body !== "" ? body : "{}") as Answer };
  };
  const ask = (Nonce?: string, HostIdentifier: string = host) =>
    call("GetDeploymentSpecification", {
      DeploymentExecutionId: deploymentExecutionId(id, facts.region, facts.accountId),
      ...{ HostIdentifier, Nonce },
    });
  /** The host runs its next command. */
  const run = async (CommandStatus: "Succeeded" | "Failed"): Promise<void> => {
    const { answer } = await call("PollHostCommand", { HostIdentifier: host });
    const { HostCommandIdentifier } = answer.HostCommand ?? {};
    await call("PutHostCommandAcknowledgement", { HostCommandIdentifier });
    await call("PutHostCommandComplete", { HostCommandIdentifier, CommandStatus });
  };
  return { store, found, ask, run };
}

interface Answer {
  readonly message?: string;
  readonly HostCommand?: { readonly HostCommandIdentifier: string };
  readonly DeploymentSpecification?: { readonly GenericEnvelope: { readonly Payload: string } };
}

/** What is bound, in an answer. */
const bindingIn = ({ answer }: { readonly answer: Answer }): unknown =>
  (JSON.parse(answer.DeploymentSpecification?.GenericEnvelope.Payload ?? "{}") as { readonly Binding?: unknown })
    .Binding;

test("a specification is bound to who has sent a nonce, to that, and to what is still to be run; for others nothing changes", async (t) => {
  const { found, ask, run } = await ground(t);

  assert.equal(bindingIn(await ask()), undefined);
  assert.equal(bindingIn(await ask()), undefined);
  assert.equal(found.signatures, 1);
  await run("Succeeded");

  for (const Nonce of [nonce, "m".repeat(32)])
    assert.deepEqual(bindingIn(await ask(Nonce)), {
      ...{ HostIdentifier: host, Nonce },
      LifecycleEvents: [
        ...["DownloadBundle", "BeforeInstall", "Install"],
        ...["AfterInstall", "ApplicationStart", "ValidateService"],
      ],
    });
  assert.equal(found.signatures, 3);
});

test("nobody is told the specification of a deployment that has ended, or of another host's", async (t) => {
  const { store, ask, run } = await ground(t);
  assert.equal((await ask(nonce, `${host}-2`)).status, 400);
  assert.equal((await ask(nonce)).status, 200);
  await run("Failed");
  assert.equal(store.deployments.byId(id)?.state.status, "Failed");

  for (const each of [nonce, undefined]) {
    const { status, answer } = await ask(each);
    assert.equal(status, 400);
    assert.match(answer.message ?? "", /^Nothing to do in deployment ".*\/d-ABCDEFGHI" for this host$/);
  }
});

test("a nonce is short text", async (t) => {
  const { ask } = await ground(t);

  for (const odd of ["", "short", "x".repeat(129), `${nonce} `, `${nonce}"`])
    assert.match((await ask(odd)).answer.message ?? "", /^Nonce is not 16 to 128 letters/, odd);
});
