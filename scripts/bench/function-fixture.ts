import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { type MeasuredSluice, startSluice } from "./measured-sluice.ts";

/** A running `sluice up`, and what measuring functions takes. */
export interface FunctionFixture {
  readonly sluice: MeasuredSluice;
  /** Options of an SDK client. */
  readonly client: {
    readonly region: string;
    readonly endpoint: string;
    readonly credentials: MeasuredSluice["credentials"];
  };
  readonly lambda: LambdaClient;
  /** Makes a role that a service may take on; returns its ARN. */
  role(name: string, service: string): Promise<string>;
  close(): Promise<void>;
}

/** Starts `sluice up` without its example. */
export async function openFunctionFixture(): Promise<FunctionFixture> {
  const sluice = await startSluice("--no-example");
  const client = { region: "us-east-1", endpoint: sluice.url, credentials: sluice.credentials };
  const lambda = new LambdaClient(client);
  return {
    sluice,
    client,
    lambda,
    async role(RoleName, service) {
      const iam = new IAMClient(client);
      const statement = { Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" };
      const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
      const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
      iam.destroy();
      return Role?.Arn ?? "";
    },
    async close() {
      lambda.destroy();
      await sluice.close();
    },
  };
}
