import { crc32, deflateRawSync } from "node:zlib";
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

/** A zip archive of one file. */
export function zipped(name: string, text: string): Buffer {
  const content = Buffer.from(text);
  const packed = deflateRawSync(content);
  const head = Buffer.alloc(26);
  head.writeUInt16LE(20, 0);
  head.writeUInt16LE(8, 4);
  head.writeUInt32LE(crc32(content), 10);
  head.writeUInt32LE(packed.length, 14);
  head.writeUInt32LE(content.length, 18);
  head.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from("PK\u0003\u0004"), head, Buffer.from(name), packed]);
  const central = Buffer.concat([
    ...[Buffer.from("PK\u0001\u0002"), Buffer.from([20, 3]), head, Buffer.alloc(14), Buffer.from(name)],
  ]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, central, Buffer.from("PK\u0005\u0006"), end]);
}
