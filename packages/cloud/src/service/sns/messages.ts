import { randomUUID } from "node:crypto";
import type { MessageAttributeValue } from "@aws-sdk/client-sns";
import type { Parcel } from "./delivery.ts";
import type { SubscriptionRecord } from "./records.ts";

/** A message as it is published. */
export interface Published {
  readonly message: string;
  readonly subject?: string | undefined;
  readonly attributes?: Readonly<Record<string, MessageAttributeValue>> | undefined;
}

/** Where links in messages lead, and the time. */
interface MessageContext {
  readonly linksUrl: string;
  readonly now: number;
}

// Unlike AWS: messages carry no signature, because no certificate of AWS's vouches for a local cloud.

/** Returns a message as it is sent to one subscription: in AWS's envelope, or alone where raw delivery is set. */
export function notification(
  subscription: SubscriptionRecord,
  { messageId, message, subject, attributes }: Published & { readonly messageId: string },
  { linksUrl, now }: MessageContext,
): Parcel {
  const isRaw = subscription.attributes["RawMessageDelivery"] === "true";
  const envelope = {
    Type: "Notification",
    MessageId: messageId,
    TopicArn: subscription.topicArn,
    Subject: subject,
    Message: message,
    Timestamp: new Date(now).toISOString(),
    UnsubscribeURL: `${linksUrl}?${String(new URLSearchParams({ Action: "Unsubscribe", SubscriptionArn: subscription.arn }))}`,
    ...(attributes === undefined || Object.keys(attributes).length === 0
      ? {}
      : {
          MessageAttributes: Object.fromEntries(
            Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
              name,
              { Type: DataType, Value: StringValue ?? Buffer.from(BinaryValue ?? []).toString("base64") },
            ]),
          ),
        }),
  };
  return { kind: "Notification", messageId, isRaw, body: isRaw ? message : JSON.stringify(envelope) };
}

/** Returns the request to confirm a subscription. */
export function confirmation({ topicArn, token = "" }: SubscriptionRecord, { linksUrl, now }: MessageContext): Parcel {
  const messageId = randomUUID();
  const link = new URLSearchParams({ Action: "ConfirmSubscription", TopicArn: topicArn, Token: token });
  const body = JSON.stringify({
    Type: "SubscriptionConfirmation",
    MessageId: messageId,
    Token: token,
    TopicArn: topicArn,
    Message: `You have chosen to subscribe to the topic ${topicArn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
    SubscribeURL: `${linksUrl}?${String(link)}`,
    Timestamp: new Date(now).toISOString(),
  });
  return { kind: "SubscriptionConfirmation", messageId, isRaw: false, body };
}
