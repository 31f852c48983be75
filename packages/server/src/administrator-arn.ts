/** The administrator's ARN. It grants nothing: the key does. */
export const administratorArn = (accountId: string): string => `arn:aws:iam::${accountId}:user/administrator`;
