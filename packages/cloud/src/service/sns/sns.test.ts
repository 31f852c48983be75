import assert from "node:assert/strict";
import { request as openRequest } from "node:http";
import { test } from "node:test";
import { text } from "node:stream/consumers";
import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from "@aws-sdk/client-cloudwatch";
import {
  ConfirmSubscriptionCommand,
  CreateTopicCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import { openLocalCloud } from "../../../test/local-cloud.ts";
import { eventually } from "../../../../../test/support/eventually.ts";
import { whyMissing } from "../../../../../test/support/why-missing.ts";
import { openBackend } from "../../../test/targets.ts";

const noAws = await whyMissing("aws");

interface Received {
  readonly kind: string;
  readonly body: string;
}

/** A topic, and an endpoint that notes what it is sent; it refuses the first `refusals` requests. */
async function openTopic(t: Parameters<typeof openLocalCloud>[0], refusals = 0) {
  const cloud = await openLocalCloud(t);
  const sns = new SNSClient(cloud.client);
  t.after(() => sns.destroy());
  const received: Received[] = [];
  let refused = 0;
  const endpoint = await openBackend(t, (request, response) => {
    void text(request).then((body) => {
      const kind = String(request.headers["x-amz-sns-message-type"]);
      const isRefused = kind === "Notification" && refused < refusals;
      if (isRefused) refused += 1;
      else received.push({ kind, body });
      response.writeHead(isRefused ? 500 : 200).end();
    });
  });
  const { TopicArn = "" } = await sns.send(new CreateTopicCommand({ Name: "deployments" }));
  const Endpoint = `http://127.0.0.1:${endpoint.port}/hook`;
  const next = async (kind: string): Promise<Record<string, string>> => {
    const found = await eventually(`a ${kind} arrives`, async () => received.find((one) => one.kind === kind));
    return JSON.parse(found.body) as Record<string, string>; // AWS's envelope
  };
  return { cloud, sns, TopicArn, Endpoint, next, received };
}

test("an endpoint that confirms by the link in its message gets what is published, in AWS's envelope", async (t) => {
  const { cloud, sns, TopicArn, Endpoint, next } = await openTopic(t);
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: "http", Endpoint }));
  const asked = await next("SubscriptionConfirmation");
  const link = new URL(asked["SubscribeURL"] ?? "");
  assert.equal(link.hostname, "sns.localhost");

  const answer = await visit(cloud.url, link);
  const { MessageId } = await sns.send(
    new PublishCommand({ TopicArn, Subject: "Hello", Message: '{"state":"SUCCEEDED"}' }),
  );

  assert.equal(answer, 200);
  const message = await next("Notification");
  assert.equal(message["MessageId"], MessageId);
  assert.equal(message["Subject"], "Hello");
  assert.equal(message["Message"], '{"state":"SUCCEEDED"}');
  assert.equal(message["TopicArn"], TopicArn);
});

test("nothing goes to an endpoint that has not confirmed, and a wrong token confirms nothing", async (t) => {
  const { sns, TopicArn, Endpoint, next, received } = await openTopic(t);
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: "http", Endpoint }));
  await next("SubscriptionConfirmation");

  await sns.send(new PublishCommand({ TopicArn, Message: "unheard" }));
  await assert.rejects(sns.send(new ConfirmSubscriptionCommand({ TopicArn, Token: "guessed" })), {
    name: "InvalidParameterException",
  });

  const { Attributes } = await sns.send(new GetTopicAttributesCommand({ TopicArn }));
  assert.equal(Attributes?.["SubscriptionsPending"], "1");
  const { Subscriptions } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
  assert.equal(Subscriptions?.[0]?.SubscriptionArn, "PendingConfirmation");
  assert.deepEqual(
    received.map(({ kind }) => kind),
    ["SubscriptionConfirmation"],
  );
});

test("an endpoint that fails is tried again", async (t) => {
  const { sns, TopicArn, Endpoint, next } = await openTopic(t, 1);
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: "http", Endpoint }));
  const { Token } = await next("SubscriptionConfirmation");
  await sns.send(new ConfirmSubscriptionCommand({ TopicArn, Token }));

  await sns.send(new PublishCommand({ TopicArn, Message: "patience" }));

  assert.equal((await next("Notification"))["Message"], "patience");
});

test("messages go to no other machine", async (t) => {
  const { sns, TopicArn } = await openTopic(t);

  await assert.rejects(
    sns.send(new SubscribeCommand({ TopicArn, Protocol: "http", Endpoint: "http://169.254.169.254/latest" })),
    {
      name: "InvalidParameterException",
      message: /delivers to this machine only, and '169\.254\.169\.254' is another/,
    },
  );
});

test("an alarm tells its topic when it fires", async (t) => {
  const { cloud, sns, TopicArn, Endpoint, next } = await openTopic(t);
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: "http", Endpoint }));
  const { Token } = await next("SubscriptionConfirmation");
  await sns.send(new ConfirmSubscriptionCommand({ TopicArn, Token }));
  const watch = new CloudWatchClient(cloud.client);
  t.after(() => watch.destroy());
  await watch.send(
    new PutMetricAlarmCommand({
      ...{ AlarmName: "errors", Namespace: "Shop", MetricName: "Errors", Statistic: "Sum", Period: 60 },
      ...{ EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: "GreaterThanThreshold", AlarmActions: [TopicArn] },
    }),
  );

  await watch.send(new SetAlarmStateCommand({ AlarmName: "errors", StateValue: "ALARM", StateReason: "rehearsal" }));

  const message = await next("Notification");
  assert.equal(message["Subject"], 'ALARM: "errors" in us-east-1');
  assert.match(message["Message"] ?? "", /"NewStateValue":"ALARM"/);
});

test("the aws CLI creates a topic and publishes", { skip: noAws }, async (t) => {
  const cloud = await openLocalCloud(t);

  const arn = await cloud.aws("sns", "create-topic", "--name", "t", "--query", "TopicArn", "--output", "text");
  const id = await cloud.aws(
    "sns",
    "publish",
    "--topic-arn",
    arn,
    "--message",
    "m",
    "--query",
    "MessageId",
    "--output",
    "text",
  );

  assert.equal(arn, "arn:aws:sns:us-east-1:123456789012:t");
  assert.match(id, /^[0-9a-f-]{36}$/);
});

/** Follows a link whose host name means this machine, without asking a resolver. */
function visit(url: string, link: URL): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = openRequest(
      {
        host: "127.0.0.1",
        port: new URL(url).port,
        path: `${link.pathname}${link.search}`,
        headers: { host: link.host },
      },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      },
    );
    asked.once("error", reject);
    asked.end();
  });
}
