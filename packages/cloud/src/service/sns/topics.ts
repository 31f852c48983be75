import { randomUUID } from "node:crypto";
import { Fault } from "@sluice/aws-protocol";
import { type SnsContext, type SnsOperations, subscriptionsOf, topicOf } from "./context.ts";
import { notification, type Published } from "./messages.ts";

/** SNS's own limits. */
const messageBytesMax = 262_144;
const subjectMax = 100;
const batchMax = 10;
const tagsMax = 50;

/** Attributes of topics that may be set. */
const settable = ["DisplayName", "Policy", "DeliveryPolicy"];

/** Operations on topics, and what is published to them. */
export const topicOperations: SnsOperations = {
  CreateTopic({ topics, region, accountId }, { Name = "", Attributes = {}, Tags = [] }) {
    if (!/^[A-Za-z0-9_-]{1,256}$/.test(Name)) throw new Fault("InvalidParameter", "Invalid parameter: Topic Name");
    for (const name of Object.keys(Attributes)) checkAttribute(name);
    const arn = `arn:aws:sns:${region}:${accountId}:${Name}`;
    if (topics.find(arn) === undefined) topics.put(arn, { arn, attributes: Attributes, tags: Tags });
    return { TopicArn: arn };
  },

  DeleteTopic(context, { TopicArn = "" }) {
    for (const { arn } of subscriptionsOf(context, TopicArn)) context.subscriptions.delete(arn);
    context.topics.delete(TopicArn);
  },

  ListTopics: ({ topics }) => ({ Topics: topics.all().map(({ arn }) => ({ TopicArn: arn })) }),

  GetTopicAttributes(context, { TopicArn }) {
    const topic = topicOf(context, TopicArn);
    const subscriptions = subscriptionsOf(context, topic.arn);
    const pending = subscriptions.filter(({ token }) => token !== undefined).length;
    return {
      Attributes: {
        TopicArn: topic.arn,
        Owner: context.accountId,
        DisplayName: "",
        SubscriptionsConfirmed: String(subscriptions.length - pending),
        SubscriptionsPending: String(pending),
        SubscriptionsDeleted: "0",
        ...topic.attributes,
      },
    };
  },

  SetTopicAttributes(context, { TopicArn, AttributeName = "", AttributeValue = "" }) {
    const topic = topicOf(context, TopicArn);
    checkAttribute(AttributeName);
    context.topics.put(topic.arn, { ...topic, attributes: { ...topic.attributes, [AttributeName]: AttributeValue } });
  },

  Publish(context, { TopicArn, TargetArn, Message = "", Subject, MessageAttributes, MessageStructure }) {
    const arn = topicOf(context, TopicArn ?? TargetArn).arn;
    const message = MessageStructure === "json" ? messageForHttp(Message) : Message;
    return { MessageId: publish(context, arn, { message, subject: Subject, attributes: MessageAttributes }) };
  },

  PublishBatch(context, { TopicArn, PublishBatchRequestEntries: entries = [] }) {
    const { arn } = topicOf(context, TopicArn);
    if (entries.length === 0) throw new Fault("EmptyBatchRequest", "The batch request doesn't contain any entries.");
    if (entries.length > batchMax)
      throw new Fault("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.");
    return {
      Successful: entries.map(({ Id, Message = "", Subject, MessageAttributes }) => ({
        Id,
        MessageId: publish(context, arn, { message: Message, subject: Subject, attributes: MessageAttributes }),
      })),
      Failed: [],
    };
  },

  TagResource(context, { ResourceArn, Tags = [] }) {
    const topic = topicOf(context, ResourceArn);
    const tags = [...topic.tags.filter(({ Key }) => !Tags.some((tag) => tag.Key === Key)), ...Tags];
    if (tags.length > tagsMax) throw new Fault("TagLimitExceeded", `A topic has at most ${tagsMax} tags`);
    context.topics.put(topic.arn, { ...topic, tags });
  },

  UntagResource(context, { ResourceArn, TagKeys = [] }) {
    const topic = topicOf(context, ResourceArn);
    context.topics.put(topic.arn, { ...topic, tags: topic.tags.filter(({ Key = "" }) => !TagKeys.includes(Key)) });
  },

  ListTagsForResource: (context, { ResourceArn }) => ({ Tags: [...topicOf(context, ResourceArn).tags] }),
};

/** Sends a message to all confirmed subscriptions of a topic. Returns the message's id. */
export function publish(context: SnsContext, topicArn: string, published: Published): string {
  const { message, subject } = published;
  if (message === "") throw new Fault("InvalidParameter", "Invalid parameter: Empty message");
  if (Buffer.byteLength(message) > messageBytesMax)
    throw new Fault("InvalidParameter", "Invalid parameter: Message too long");
  if (subject !== undefined && !new RegExp(`^[ -~]{1,${subjectMax}}$`).test(subject))
    throw new Fault("InvalidParameter", "Invalid parameter: Subject");
  const messageId = randomUUID();
  const surroundings = { linksUrl: context.linksUrl(), now: context.clock() };
  for (const subscription of subscriptionsOf(context, topicArn))
    if (subscription.token === undefined)
      context.deliveries.send(subscription, notification(subscription, { ...published, messageId }, surroundings));
  return messageId;
}

/** Returns the text for HTTP endpoints of a message that has one text per protocol. */
function messageForHttp(text: string): string {
  let texts: unknown;
  try {
    texts = JSON.parse(text);
  } catch (cause) {
    throw new Fault("InvalidParameter", "Invalid parameter: Message Structure - JSON message body failed to parse", {
      cause,
    });
  }
  const of = (name: string): unknown =>
    typeof texts === "object" && texts !== null ? Reflect.get(texts, name) : undefined;
  const found = of("http") ?? of("default");
  if (typeof found === "string") return found;
  throw new Fault("InvalidParameter", "Invalid parameter: Message Structure - No default entry in JSON message body");
}

function checkAttribute(name: string): void {
  if (!settable.includes(name)) throw new Fault("InvalidParameter", "Invalid parameter: AttributeName");
}
