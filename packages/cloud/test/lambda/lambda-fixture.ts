import { once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, request as httpRequest } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { crc32, deflateRawSync } from "node:zlib";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { CreateFunctionCommand, InvokeCommand, type InvokeCommandInput, LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { type AccessKey, createFrontDoor, createFrontDoorServer } from "@sluice/aws-protocol";
import { lambdaTables, openLambda } from "../../src/service/lambda/index.ts";
import { LogStore, logsService, logsTables } from "../../src/service/logs/index.ts";
import { objectReader, openBlobs, s3Service, s3Tables } from "../../src/service/s3/index.ts";
import { CloudDatabase } from "../../src/store/database.ts";
import { whyMissing } from "../../../../test/support/why-missing.ts";

const region = "eu-west-1";
const accountId = "123456789012";
const key: AccessKey = {
  accessKeyId: "AKIATESTTESTTESTTEST",
  secretAccessKey: "secret",
  principal: { accountId, arn: `arn:aws:iam::${accountId}:user/test`, userId: "AIDATEST" },
};

/** Lambda, its logs and S3 on one port, with a data folder of their own, for one test. */
export class LambdaFixture {
  readonly folder = mkdtempSync(join(tmpdir(), "sluice-lambda-"));
  readonly notes: string[] = [];
  /** What the clock is ahead, in milliseconds. */
  ahead = 0;
  /** What decides between an alias's two versions. */
  chance = Math.random;
  /** What the cloud does when it has begun to answer. */
  start!: () => Promise<void>;
  #close: (() => Promise<void>) | undefined;
  port = 0;
  lambda!: LambdaClient;
  logs!: CloudWatchLogsClient;
  s3!: S3Client;

  private constructor(test: TestContext) {
    test.after(async () => {
      await this.close();
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  static async open(test: TestContext): Promise<LambdaFixture> {
    const fixture = new LambdaFixture(test);
    await fixture.open();
    return fixture;
  }

  /** Opens the services, or opens them again on the same folder. */
  async open(): Promise<void> {
    const clock = () => Date.now() + this.ahead;
    const db = new CloudDatabase(this.folder, [s3Tables, logsTables, lambdaTables]);
    const common = { db, clock, region, accountId };
    const blobs = openBlobs(this.folder);
    const onDefect = (error: unknown) => this.notes.push(`defect: ${String(error)}`);
    const logs = new LogStore({ db, clock });
    const lambda = openLambda({
      ...{ ...common, logs, onDefect },
      dataFolder: this.folder,
      chance: () => this.chance(),
      endpoint: () => ({ url: `http://127.0.0.1:${this.port}`, port: this.port }),
      roleKeys: async (role) => ({
        ...{ accessKeyId: `key-of-${role}`, secretAccessKey: "s", sessionToken: "t" },
        expiresAt: clock() + 6 * 3_600_000,
      }),
      uniqueIdOf: () => undefined,
      readObject: objectReader({ ...common, blobs }),
      note: (line) => this.notes.push(line),
    });
    const s3 = s3Service({ ...common, blobs, objectsFor: () => [], onDefect });
    const services = [s3, logsService({ ...common, logs }, onDefect), ...lambda.services];
    const keys = { find: (id: string) => (id === key.accessKeyId ? key : undefined) };
    const server = createFrontDoorServer(createFrontDoor({ services, keys, clock: Date.now, log: () => {} }));
    server.listen(this.port, "127.0.0.1");
    await once(server, "listening");
    this.port = (server.address() as AddressInfo).port;
    this.start = () => lambda.start();
    await this.start();
    const client = {
      region,
      endpoint: `http://127.0.0.1:${this.port}`,
      credentials: { accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey },
      maxAttempts: 1,
    };
    this.lambda = new LambdaClient(client);
    this.logs = new CloudWatchLogsClient(client);
    this.s3 = new S3Client({ ...client, forcePathStyle: true });
    this.#close = async () => {
      for (const one of [this.lambda, this.logs, this.s3]) one.destroy();
      await lambda.close();
      server.close();
      server.closeAllConnections();
      db.close();
    };
  }

  async close(): Promise<void> {
    const close = this.#close;
    this.#close = undefined;
    await close?.();
  }
}

/** A request to a host name below .localhost, which is this machine. */
export async function request(
  url: string,
  options: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string } = {},
): Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }> {
  const { host, port, pathname, search } = new URL(url);
  const { method = "GET", headers = {}, body } = options;
  const asked = httpRequest({
    ...{ host: "127.0.0.1", port, method, path: `${pathname}${search}` },
    headers: { host, ...headers },
    agent: false,
  });
  asked.end(body);
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, body: await buffer(response) };
}

/** A role as functions name it; nobody looks it up here. */
export const role = `arn:aws:iam::${accountId}:role/run`;

interface Entry {
  readonly name: string;
  readonly content: string | Buffer;
  /** As in Unix; a link is 0o120777. */
  readonly mode?: number;
}

/** A zip archive, of whatever names and modes. */
export function zip(entries: readonly Entry[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, content, mode = 0o100644 } of entries) {
    const raw = Buffer.from(content);
    const packed = deflateRawSync(raw);
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(8, 4);
    head.writeUInt32LE(crc32(raw), 10);
    head.writeUInt32LE(packed.length, 14);
    head.writeUInt32LE(raw.length, 18);
    head.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from("PK\u0003\u0004"), head, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((mode << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    // 3: made on Unix, so that the modes count.
    central.push(Buffer.concat([Buffer.from("PK\u0001\u0002"), Buffer.from([20, 3]), head, tail, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from("PK\u0005\u0006"), end]);
}

/** Code of a Python function in `main.handler`. */
export const python = (text: string): Buffer => zip([{ name: "main.py", content: text }]);

/** Code of a Node function in `index.handler`. */
export const node = (text: string, name = "index.mjs"): Buffer => zip([{ name, content: text }]);

/** Makes a function: one of Node, unless more is said. */
export async function create(fixture: LambdaFixture, name: string, code: Buffer, more: object = {}): Promise<void> {
  const runtime = { Runtime: "nodejs22.x", Handler: "index.handler" } as const;
  await fixture.lambda.send(
    new CreateFunctionCommand({ FunctionName: name, Role: role, Code: { ZipFile: code }, ...runtime, ...more }),
  );
}

/** Why Python functions cannot run here; false when they can. For `skip`. */
export const noPython = await whyMissing("python3");

/** What makes a function one of Python. */
export const pythonRuntime = { Runtime: "python3.12", Handler: "main.handler" };

/** Calls a function and reads its answer. */
export async function invoke(
  fixture: LambdaFixture,
  FunctionName: string,
  event: unknown = {},
  more: Partial<InvokeCommandInput> = {},
) {
  const { Payload, ...rest } = await fixture.lambda.send(
    new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), ...more }),
  );
  const text = Buffer.from(Payload ?? []).toString("utf8");
  return { ...rest, value: text === "" ? undefined : (JSON.parse(text) as unknown) };
}
