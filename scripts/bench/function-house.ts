import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { type BenchHouse, openHouse } from "./house.ts";

/** A house for functions, and what measuring them takes. */
export interface FunctionHouse {
  readonly house: BenchHouse;
  /** Options of an SDK client. */
  readonly client: {
    readonly region: string;
    readonly endpoint: string;
    readonly credentials: BenchHouse["credentials"];
  };
  readonly lambda: LambdaClient;
  /** Makes a role that a service may take on; gives its ARN. */
  role(name: string, service: string): Promise<string>;
  close(): Promise<void>;
}

/** Opens a house without its example. */
export async function openFunctionHouse(): Promise<FunctionHouse> {
  const house = await openHouse("--no-example");
  const client = { region: "us-east-1", endpoint: house.url, credentials: house.credentials };
  const lambda = new LambdaClient(client);
  return {
    ...{ house, client, lambda },
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
      await house.close();
    },
  };
}
