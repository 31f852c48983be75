import type { Tag } from "@aws-sdk/client-sns";

/** A topic as it is stored. */
export interface TopicRecord {
  readonly arn: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: readonly Tag[];
}

/** A subscription as it is stored. */
export interface SubscriptionRecord {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: "http";
  readonly endpoint: string;
  /** What the endpoint must send back to confirm; absent once it has. */
  readonly token?: string | undefined;
  readonly attributes: Readonly<Record<string, string>>;
}
