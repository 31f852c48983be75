import { Agent, request } from "node:http";
import { deflateRawSync, crc32 } from "node:zlib";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { atMost, type Figure, median } from "./figure.ts";
import { openHouse } from "./house.ts";

const coldCalls = 9;
const warmCalls = 500;

const kinds = {
  python: {
    Runtime: "python3.12",
    Handler: "main.handler",
    file: "main.py",
    code: 'def handler(event, context):\n    return "hello"\n',
  },
  node: {
    Runtime: "nodejs22.x",
    Handler: "index.handler",
    file: "index.mjs",
    code: 'export const handler = async () => "hello";\n',
  },
} as const;

/** A function's first call after a change, and one of the many that follow; each over HTTP, through its URL. */
export async function functions(): Promise<readonly Figure[]> {
  const house = await openHouse("--no-example");
  const client = { region: "us-east-1", endpoint: house.url, credentials: house.credentials };
  const lambda = new LambdaClient(client);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const role = await makeRole(client);
    const figures: Figure[] = [];
    for (const [name, { code, file, ...runtime }] of Object.entries(kinds)) {
      await lambda.send(
        new CreateFunctionCommand({
          FunctionName: name,
          Role: role,
          ...runtime,
          Code: { ZipFile: zipped(file, code) },
        }),
      );
      const { FunctionUrl = "" } = await lambda.send(
        new CreateFunctionUrlConfigCommand({ FunctionName: name, AuthType: "NONE" }),
      );
      const cold: number[] = [];
      for (let run = 0; run < coldCalls; run += 1) {
        const Variables = { RUN: String(run) }; // every change needs a new process
        await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, Environment: { Variables } }));
        cold.push(await call(FunctionUrl, agent));
      }
      const warm: number[] = [];
      for (let run = 0; run < warmCalls; run += 1) warm.push(await call(FunctionUrl, agent));
      figures.push(
        atMost(`${name}: first call, median of ${coldCalls}`, median(cold), 150, "ms"),
        atMost(`${name}: a later call, median of ${warmCalls}`, median(warm), 2, "ms"),
      );
    }
    return figures;
  } finally {
    agent.destroy();
    lambda.destroy();
    await house.close();
  }
}

async function makeRole(client: ConstructorParameters<typeof IAMClient>[0]): Promise<string> {
  const iam = new IAMClient(client ?? {});
  const statement = { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: "bench", AssumeRolePolicyDocument }));
  iam.destroy();
  return Role?.Arn ?? "";
}

/** Calls a function through its URL, whose host name is this machine; gives how long that took, in milliseconds. */
function call(url: string, agent: Agent): Promise<number> {
  const { host, port } = new URL(url);
  const started = performance.now();
  return new Promise((done, failed) => {
    request({ host: "127.0.0.1", port, agent, headers: { host } }, (response) => {
      response.resume().on("end", () => {
        if (response.statusCode === 200) done(performance.now() - started);
        else failed(new Error(`The function answered ${response.statusCode}`));
      });
    })
      .on("error", failed)
      .end();
  });
}

/** A zip archive of one file. */
function zipped(name: string, text: string): Buffer {
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
