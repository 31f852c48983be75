/** The events of a group that a topic is notified of. */
export interface NotificationConfiguration {
  readonly id: string;
  readonly group: string;
  readonly topicArn: string;
  readonly types: readonly string[];
}
