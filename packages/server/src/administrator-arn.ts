/** Who the administrator is called. Nothing is allowed by it: the key decides. */
export const administratorArn = (accountId: string): string => `arn:aws:iam::${accountId}:user/administrator`;
