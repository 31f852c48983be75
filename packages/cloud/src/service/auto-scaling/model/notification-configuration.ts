/** Which events of a group a topic is told of. */
export interface NotificationConfiguration {
  readonly id: string;
  readonly group: string;
  readonly topicArn: string;
  readonly types: readonly string[];
}
