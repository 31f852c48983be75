import type * as Sts from "@aws-sdk/client-sts";
import { defineService, type Operations, type Service, serviceModel } from "@sluice/aws-protocol";

const operations: Partial<Operations<typeof Sts, object>> = {
  GetCallerIdentity: ({ call: { principal } }) => ({
    Account: principal.accountId,
    Arn: principal.arn,
    UserId: principal.userId,
  }),
};

/** Says who somebody is. Everybody may ask. */
export function stsService(onDefect: (error: unknown, requestId: string) => void): Service {
  return defineService({
    name: "sts",
    model: serviceModel("sts"),
    signingNames: ["sts"],
    operations,
    context: {},
    hosts: () => true,
    onDefect,
  });
}
