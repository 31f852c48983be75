import { Agent, request } from "node:http";
import {
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { zip } from "../../packages/cloud/test/lambda/lambda-fixture.ts";
import { atMostTimes, type Figure, median } from "./figure.ts";
import { openFunctionFixture } from "./function-fixture.ts";
import { bareRequest, nodeStart, programStart } from "./yardsticks.ts";

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

/** What a first call cannot do without. */
const starts = {
  python: () => programStart("Python", "python3", ["-c", "import json"]),
  node: nodeStart,
} satisfies Record<keyof typeof kinds, unknown>;

/** A function's first call after a change, and one of the many that follow; each over HTTP, through its URL. */
export async function functions(): Promise<readonly Figure[]> {
  const opened = await openFunctionFixture();
  const { lambda } = opened;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const role = await opened.role("bench", "lambda.amazonaws.com");
    const figures: Figure[] = [];
    for (const [name, { code, file, ...runtime }] of Object.entries(kinds)) {
      await lambda.send(
        new CreateFunctionCommand({
          FunctionName: name,
          Role: role,
          ...runtime,
          Code: { ZipFile: zip([{ name: file, content: code }]) },
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
        atMostTimes(
          `${name}: first call, median of ${coldCalls} (best ${Math.min(...cold).toFixed(0)} ms)`,
          median(cold),
          {
            times: 5,
            unit: "ms",
            of: [starts[name as keyof typeof kinds]()],
          },
        ),
        atMostTimes(`${name}: a later call, median of ${warmCalls}`, median(warm), {
          times: 8,
          unit: "ms",
          of: [await bareRequest()],
        }),
      );
    }
    return figures;
  } finally {
    agent.destroy();
    await opened.close();
  }
}

/** Calls a function through its URL, whose host name is this machine; returns how long that took, in milliseconds. */
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
