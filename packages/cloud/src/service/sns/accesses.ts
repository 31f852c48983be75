import type { Tag } from "@aws-sdk/client-sns";
import {
  type Access,
  type AccessOf,
  anonymous,
  onAnyResource,
  requestTags,
  resourceTags,
  accessesFromTable,
  withTags,
} from "@sluice/aws-protocol";
import type { SnsContext } from "./context.ts";

type Input = Readonly<Record<string, unknown>>;

/** What each request to SNS touches (its service authorization reference): topics by their ARNs. */
export function snsAccesses(context: SnsContext): AccessOf {
  const of =
    (...members: readonly string[]) =>
    (input: Input): readonly Access[] => {
      const arn = members.map((member) => text(input[member])).find((found) => found !== undefined);
      return arn === undefined ? [] : [topic(context, arn, input)];
    };
  const table = accessesFromTable({
    ...onAnyResource(["ListTopics", "ListSubscriptions"]),
    CreateTopic: (input) => {
      const { region, accountId } = context;
      const made = topic(context, `arn:aws:sns:${region}:${accountId}:${text(input["Name"]) ?? "*"}`, input);
      return withTags(made, "sns:TagResource", input["Tags"]);
    },
    ...Object.fromEntries(ofTopics.map((operation) => [operation, of("TopicArn")])),
    Publish(input) {
      const found = of("TopicArn", "TargetArn")(input);
      return found.length === 0 && text(input["PhoneNumber"]) !== undefined ? [{ resource: "*" }] : found;
    },
    // AWS has no action of its own for it.
    PublishBatch: (input) => of("TopicArn")(input).map((access) => ({ ...access, action: "sns:Publish" })),
    ...Object.fromEntries(ofTags.map((operation) => [operation, of("ResourceArn")])),
    ...Object.fromEntries(
      ofSubscriptions.map((operation) => [operation, (input: Input) => [subscription(context, input)]]),
    ),
  });
  // An unsigned request comes from a link, and only the operations of links get this far.
  return (operation, input, call) =>
    call.principal.arn === anonymous.arn ? [{ resource: "*", isOpen: true }] : table(operation, input, call);
}

const ofTopics = [
  "DeleteTopic",
  "GetTopicAttributes",
  "SetTopicAttributes",
  "Subscribe",
  "ConfirmSubscription",
  "ListSubscriptionsByTopic",
];

const ofTags = ["TagResource", "UntagResource", "ListTagsForResource"];

/** AWS has these on no single resource. Unlike AWS: a Deny on the subscription, or on its topic, counts. */
const ofSubscriptions = ["Unsubscribe", "GetSubscriptionAttributes", "SetSubscriptionAttributes"];

function topic({ topics }: SnsContext, arn: string, { Tags, TagKeys }: Input): Access {
  const tags = (Tags ?? []) as readonly Tag[]; // decoded by SNS's own table
  const keys = [TagKeys ?? []].flat().filter((key): key is string => typeof key === "string");
  return { resource: arn, context: { ...resourceTags(topics.find(arn)?.tags), ...requestTags(tags, keys) } };
}

function subscription({ subscriptions, topics }: SnsContext, { SubscriptionArn }: Input): Access {
  const arn = text(SubscriptionArn) ?? "*";
  const topicArn = subscriptions.find(arn)?.topicArn;
  const tags = topicArn === undefined ? [] : topics.find(topicArn)?.tags;
  return { resource: "*", also: [arn, ...(topicArn === undefined ? [] : [topicArn])], context: resourceTags(tags) };
}

const text = (found: unknown): string | undefined => (typeof found === "string" ? found : undefined);
