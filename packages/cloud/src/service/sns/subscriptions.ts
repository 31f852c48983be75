import { randomUUID } from "node:crypto";
import type { Subscription } from "@aws-sdk/client-sns";
import { Fault } from "@sluice/aws-protocol";
import { randomHex } from "../../random.ts";
import { type SnsContext, type SnsOperations, subscriptionsOf, topicOf } from "./context.ts";
import { checkedEndpoint } from "./endpoint.ts";
import { confirmation } from "./messages.ts";
import type { SubscriptionRecord } from "./records.ts";

/** Attributes of subscriptions that may be set. */
const settable = ["RawMessageDelivery", "DeliveryPolicy"];

/** Operations on subscriptions. */
export const subscriptionOperations: SnsOperations = {
  Subscribe(context, { TopicArn, Protocol, Endpoint = "", Attributes = {}, ReturnSubscriptionArn }) {
    const topic = topicOf(context, TopicArn);
    if (Protocol !== "http")
      throw new Fault(
        "InvalidParameter",
        `Invalid parameter: Protocol '${Protocol}' is not supported by the local cloud: it must be 'http'`,
      );
    checkedEndpoint(Endpoint);
    for (const name of Object.keys(Attributes)) checkAttribute(name);
    const found = subscriptionsOf(context, topic.arn).find(({ endpoint }) => endpoint === Endpoint);
    const subscription: SubscriptionRecord = found ?? {
      arn: `${topic.arn}:${randomUUID()}`,
      topicArn: topic.arn,
      protocol: "http",
      endpoint: Endpoint,
      token: randomHex(32),
      attributes: Attributes,
    };
    if (subscription.token === undefined) return { SubscriptionArn: subscription.arn };
    context.subscriptions.put(subscription.arn, subscription);
    context.deliveries.send(
      subscription,
      confirmation(subscription, { linksUrl: context.linksUrl(), now: context.clock() }),
    );
    return { SubscriptionArn: ReturnSubscriptionArn === true ? subscription.arn : "pending confirmation" };
  },

  ConfirmSubscription(context, { TopicArn, Token }) {
    const topic = topicOf(context, TopicArn);
    const found = subscriptionsOf(context, topic.arn).find(({ token }) => token !== undefined && token === Token);
    if (found === undefined) throw new Fault("InvalidParameter", "Invalid parameter: Token");
    const { token: _, ...confirmed } = found;
    context.subscriptions.put(found.arn, confirmed);
    return { SubscriptionArn: found.arn };
  },

  Unsubscribe({ subscriptions }, { SubscriptionArn = "" }) {
    subscriptions.delete(SubscriptionArn);
  },

  ListSubscriptions: (context) => ({
    Subscriptions: context.subscriptions.all().map((one) => describe(context, one)),
  }),

  ListSubscriptionsByTopic: (context, { TopicArn }) => ({
    Subscriptions: subscriptionsOf(context, topicOf(context, TopicArn).arn).map((one) => describe(context, one)),
  }),

  GetSubscriptionAttributes(context, { SubscriptionArn }) {
    const found = subscriptionOf(context, SubscriptionArn);
    return {
      Attributes: {
        SubscriptionArn: found.arn,
        TopicArn: found.topicArn,
        Protocol: found.protocol,
        Endpoint: found.endpoint,
        Owner: context.accountId,
        PendingConfirmation: String(found.token !== undefined),
        ConfirmationWasAuthenticated: "false",
        RawMessageDelivery: "false",
        ...found.attributes,
      },
    };
  },

  SetSubscriptionAttributes(context, { SubscriptionArn, AttributeName = "", AttributeValue = "" }) {
    const found = subscriptionOf(context, SubscriptionArn);
    checkAttribute(AttributeName);
    const attributes = { ...found.attributes, [AttributeName]: AttributeValue };
    context.subscriptions.put(found.arn, { ...found, attributes });
  },
};

function subscriptionOf({ subscriptions }: SnsContext, arn: string | undefined): SubscriptionRecord {
  const found = subscriptions.find(arn ?? "");
  if (found === undefined) throw new Fault("NotFound", "Subscription does not exist", { status: 404 });
  return found;
}

function checkAttribute(name: string): void {
  if (!settable.includes(name)) throw new Fault("InvalidParameter", `Invalid parameter: AttributeName '${name}'`);
}

function describe(
  { accountId }: SnsContext,
  { arn, topicArn, protocol, endpoint, token }: SubscriptionRecord,
): Subscription {
  return {
    SubscriptionArn: token === undefined ? arn : "PendingConfirmation",
    Owner: accountId,
    Protocol: protocol,
    Endpoint: endpoint,
    TopicArn: topicArn,
  };
}
