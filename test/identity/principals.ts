import assert from "node:assert/strict";
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from "@aws-sdk/client-iam";
import type { Credentials, ServerFixture } from "../support/server-fixture.ts";

/** One statement of a policy, as documents have it. */
export type Statement = Readonly<Record<string, unknown>>;

/** A policy document of statements. */
export const document = (...statements: readonly Statement[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });

/** A new user with an inline policy, and a key of it. */
export async function newUser(
  sluice: ServerFixture,
  UserName: string,
  ...statements: readonly Statement[]
): Promise<Credentials> {
  const iam = new IAMClient(sluice.as());
  await iam.send(new CreateUserCommand({ UserName }));
  if (statements.length > 0)
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "p", PolicyDocument: document(...statements) }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  iam.destroy();
  assert(AccessKey?.AccessKeyId !== undefined && AccessKey.SecretAccessKey !== undefined);
  return { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
}

/** A new role that trusts a principal, with an inline policy; returns its ARN. */
export async function newRole(
  sluice: ServerFixture,
  RoleName: string,
  Principal: Statement,
  ...statements: readonly Statement[]
): Promise<string> {
  const iam = new IAMClient(sluice.as());
  const { Role } = await iam.send(
    new CreateRoleCommand({
      RoleName,
      AssumeRolePolicyDocument: document({ Effect: "Allow", Principal, Action: "sts:AssumeRole" }),
    }),
  );
  if (statements.length > 0)
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "p", PolicyDocument: document(...statements) }));
  iam.destroy();
  assert(Role?.Arn !== undefined);
  return Role.Arn;
}
