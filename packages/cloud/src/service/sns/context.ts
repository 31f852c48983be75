import type * as Sdk from "@aws-sdk/client-sns";
import { Fault, type Operations } from "@sluice/aws-protocol";
import type { Records } from "../../store/records.ts";
import type { Deliveries } from "./delivery.ts";
import type { SubscriptionRecord, TopicRecord } from "./records.ts";

export interface SnsContext {
  readonly topics: Records<TopicRecord>;
  readonly subscriptions: Records<SubscriptionRecord>;
  readonly deliveries: Deliveries;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
  /** Where links in messages lead. */
  readonly linksUrl: () => string;
}

/** Some of SNS's operations. */
export type SnsOperations = Partial<Operations<typeof Sdk, SnsContext>>;

/** Returns the topic of an ARN; throws a Fault when there is none. */
export function topicOf({ topics }: SnsContext, arn: string | undefined): TopicRecord {
  const topic = topics.find(arn ?? "");
  if (topic === undefined) throw new Fault("NotFound", "Topic does not exist", { status: 404 });
  return topic;
}

/** Returns the subscriptions of a topic. */
export function subscriptionsOf({ subscriptions }: SnsContext, topicArn: string): readonly SubscriptionRecord[] {
  return subscriptions.all().filter((subscription) => subscription.topicArn === topicArn);
}
