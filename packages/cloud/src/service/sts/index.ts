import type * as Sts from "@aws-sdk/client-sts";
import {
  defineService,
  Fault,
  type Operations,
  type Service,
  serviceModel,
  accessesFromTable,
} from "@sluice/aws-protocol";
import { stsAccesses } from "./accesses.ts";
import { assumeRole, sessionPolicies, type SessionKey, type StsContext } from "./assume-role.ts";

export { assumeRoleAsService, roleOf, type RoleSession, type SessionKeys, type StsContext } from "./assume-role.ts";

/** How long a user's session lasts, in seconds: STS's figures. */
const sessionSeconds = { least: 900, usual: 43_200, most: 129_600 };

const operations: Partial<Operations<typeof Sts, StsContext>> = {
  GetCallerIdentity: ({ call: { principal } }) => ({
    Account: principal.accountId,
    Arn: principal.arn,
    UserId: principal.userId,
  }),

  async AssumeRole(context, input) {
    refuseUnheeded(input, ["Tags", "TransitiveTagKeys", "SourceIdentity", "ProvidedContexts", ...ofDevices]);
    const { RoleArn = "", RoleSessionName = "", DurationSeconds, ExternalId, Policy, PolicyArns = [] } = input;
    const policies = sessionPolicies(context, { policy: Policy, arns: PolicyArns.map(({ arn = "" }) => arn) });
    const { key, userId, arn } = await assumeRole(context, context.call, {
      roleArn: RoleArn,
      sessionName: RoleSessionName,
      seconds: DurationSeconds,
      externalId: ExternalId,
      policies,
    });
    return { Credentials: credentials(key), AssumedRoleUser: { AssumedRoleId: userId, Arn: arn } };
  },

  async GetSessionToken({ keys, call }, input) {
    refuseUnheeded(input, ofDevices);
    const { DurationSeconds: seconds = sessionSeconds.usual } = input;
    const { arn, userId, host, service } = call.principal;
    if (host !== undefined || service !== undefined || !arn.includes(":user/") || call.accessKeyId.startsWith("ASIA"))
      throw new Fault("AccessDenied", "Cannot call GetSessionToken with session credentials", { status: 403 });
    if (!(seconds >= sessionSeconds.least && seconds <= sessionSeconds.most))
      throw new Fault(
        "ValidationError",
        `1 validation error detected: Value '${seconds}' at 'durationSeconds' failed to satisfy constraint: Member must be between ${sessionSeconds.least} and ${sessionSeconds.most}`,
      );
    return { Credentials: credentials(await keys.issueSession({ arn, userId, seconds })) };
  },

  GetAccessKeyInfo: ({ accountId }) => ({ Account: accountId }),
};

/** Members about multi-factor authentication, which nobody has here. */
const ofDevices = ["SerialNumber", "TokenCode"] as const;

/**
 * Throws a Fault for members that would narrow a session, and that this service does not heed: whoever sends them counts
 * on what policies make of them.
 */
function refuseUnheeded<Input extends object>(input: Input, members: readonly (keyof Input & string)[]): void {
  const given = members.filter((name) => input[name] !== undefined);
  if (given.length > 0)
    throw new Fault("ValidationError", `The local cloud's sessions have no ${given.join(", ")}: leave that out`);
}

const credentials = ({ accessKeyId, secretAccessKey, sessionToken, expiresAt }: SessionKey) => ({
  AccessKeyId: accessKeyId,
  SecretAccessKey: secretAccessKey,
  SessionToken: sessionToken,
  Expiration: new Date(expiresAt),
});

/** Identifies callers and issues sessions. Every caller may ask: the trust policies of roles decide. */
export function stsService(context: StsContext, onDefect: (error: unknown, requestId: string) => void): Service {
  return defineService({
    name: "sts",
    model: serviceModel("sts"),
    signingNames: ["sts"],
    operations,
    context,
    accesses: accessesFromTable(stsAccesses(context)),
    onDefect,
  });
}
