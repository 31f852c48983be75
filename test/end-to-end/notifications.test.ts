import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { GetDeploymentGroupCommand, type TriggerEventType } from "@aws-sdk/client-codedeploy";
import { ConfirmSubscriptionCommand, CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { eventually } from "../support/eventually.ts";
import { openDeploymentFixture } from "./deployment-fixture.ts";

type Message = Readonly<Record<string, unknown>>;

/** An HTTP endpoint that records what is posted to it. */
async function openEndpoint(t: TestContext) {
  const received: Message[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push(JSON.parse(body) as Message);
      response.end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

/** A topic whose messages an endpoint gets. */
async function subscribe(sns: SNSClient, { received, url }: Awaited<ReturnType<typeof openEndpoint>>) {
  const { TopicArn = "" } = await sns.send(new CreateTopicCommand({ Name: "deployments" }));
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: "http", Endpoint: url }));
  const { Token } = await eventually("the endpoint is asked", async () =>
    received.find(({ Type }) => Type === "SubscriptionConfirmation"),
  );
  await sns.send(new ConfirmSubscriptionCommand({ TopicArn, Token: String(Token) }));
  return TopicArn;
}

const dateText = /^(Sun|Mon|Tue|Wed|Thu|Fri|Sat) \w{3} \d\d \d\d:\d\d:\d\d UTC \d{4}$/;

test(
  "an endpoint behind a topic is told of deployments and hosts in the forms that the live service has",
  { timeout: 60_000 },
  async (t) => {
    const endpoint = await openEndpoint(t);
    let answer: "Succeeded" | "Failed" = "Succeeded";
    const fixture = await openDeploymentFixture(t, {
      answer: (_host, event) => (event === "Install" ? answer : "Succeeded"),
    });
    const sns = new SNSClient(fixture.as());
    t.after(() => sns.destroy());
    const topic = await subscribe(sns, endpoint);
    await fixture.host("db-1");
    const triggerEvents: TriggerEventType[] = [
      ...(["DeploymentStart", "DeploymentSuccess", "DeploymentFailure", "DeploymentRollback"] as const),
      ...(["InstanceStart", "InstanceSuccess", "InstanceFailure"] as const),
    ];
    await fixture.group({
      triggerConfigurations: [{ triggerName: "tell", triggerTargetArn: topic, triggerEvents }],
      autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
    });
    const messages = () =>
      endpoint.received
        .filter(({ Subject }) => /^[A-Z]+: AWS CodeDeploy d-[A-Z0-9]{9} in eu-west-1 to shop$/.test(String(Subject)))
        .map(({ Message: body }) => JSON.parse(String(body)) as Message);
    const told = (about: "deployment" | "instance", deploymentId: string, wanted: string) =>
      eventually(`${about} ${wanted} is told`, async () =>
        messages()
          .filter((message) => message["deploymentId"] === deploymentId)
          .filter(({ status, instanceStatus }) => (status ?? instanceStatus) === wanted)
          .find((message) => (message["instanceId"] === undefined) === (about === "deployment")),
      );

    const good = await fixture.deploy();
    await fixture.ended(good);
    answer = "Failed";
    const bad = await fixture.deploy();
    const { rollbackInfo } = await fixture.ended(bad);
    const succeeded = await told("deployment", good, "SUCCEEDED");
    const failed = await told("deployment", bad, "FAILED");
    const rollback = await told("deployment", rollbackInfo?.rollbackDeploymentId ?? "", "CREATED");
    const host = await told("instance", bad, "FAILED");

    const common = { region: "eu-west-1", accountId: "123456789012", eventTriggerName: "tell" };
    const { createTime, completeTime, deploymentOverview, rollbackInformation, ...rest } = succeeded;
    assert.deepEqual(rest, {
      ...common,
      applicationName: "shop",
      deploymentGroupName: "prod",
      deploymentId: good,
      status: "SUCCEEDED",
    });
    assert.match(String(createTime), dateText);
    assert.match(String(completeTime), dateText);
    const counts = JSON.parse(String(deploymentOverview)) as Message;
    assert.deepEqual([counts["Succeeded"], counts["Failed"], counts["Pending"]], [1, 0, 0]);
    assert.deepEqual(JSON.parse(String(rollbackInformation)), {});
    assert.equal((JSON.parse(String(failed["errorInformation"])) as Message)["ErrorCode"], "HEALTH_CONSTRAINTS");
    assert.equal(
      (JSON.parse(String(rollback["rollbackInformation"])) as Message)["RollbackTriggeringDeploymentId"],
      bad,
    );
    assert.equal(rollback["completeTime"], null);
    assert.match(String(host["instanceId"]), /^arn:aws:codedeploy:eu-west-1:123456789012:instance\/db-1/);
    const events = JSON.parse(String(host["lifecycleEvents"])) as readonly Message[];
    const install = events.find(({ LifecycleEvent }) => LifecycleEvent === "Install");
    assert.equal(install?.["LifecycleEventStatus"], "Failed");
    assert.match(String(install["StartTime"]), dateText);
  },
);

test("a webhook gets every state change as an event of the bus", { timeout: 60_000 }, async (t) => {
  const { received, url } = await openEndpoint(t);
  const fixture = await openDeploymentFixture(t, { eventsUrl: url });
  await fixture.host("db-1");
  await fixture.group();

  const id = await fixture.deploy();
  await fixture.ended(id);
  const states = () =>
    received
      .map((event) => ({ type: String(event["detail-type"]), state: String((event["detail"] as Message)["state"]) }))
      .map(({ type, state }) => `${/Deployment|Instance/.exec(type.replace("CodeDeploy ", ""))?.[0]} ${state}`)
      .toSorted();
  const wanted = ["Deployment START", "Deployment SUCCESS", "Instance START", "Instance SUCCESS"];
  await eventually("all four arrive", async () => (states().length >= wanted.length ? true : undefined));

  assert.deepEqual(states(), wanted);
  const event = received.find(
    ({ "detail-type": type, detail }) =>
      type === "CodeDeploy Instance State-change Notification" && (detail as Message)["state"] === "SUCCESS",
  );
  assert(event);
  const { deploymentGroupInfo } = await fixture.client.send(new GetDeploymentGroupCommand(fixture.where));
  const { id: eventId, time, resources, ...rest } = event;
  assert.match(String(eventId), /^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  const arns = resources as readonly string[];
  assert.match(arns[0] ?? "", /^arn:aws:codedeploy:eu-west-1:123456789012:instance\/db-1/);
  assert.deepEqual(arns.slice(1), [
    "arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:shop/prod",
    "arn:aws:codedeploy:eu-west-1:123456789012:application:shop",
  ]);
  assert.deepEqual(rest, {
    version: "0",
    "detail-type": "CodeDeploy Instance State-change Notification",
    source: "aws.codedeploy",
    account: "123456789012",
    region: "eu-west-1",
    detail: {
      region: "eu-west-1",
      application: "shop",
      deploymentGroup: "prod",
      deploymentId: id,
      instanceGroupId: deploymentGroupInfo?.deploymentGroupId,
      state: "SUCCESS",
      instanceId: "db-1",
    },
  });
});
