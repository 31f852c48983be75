import { once } from "node:events";
import { createHash, randomBytes } from "node:crypto";
import { copyFileSync, createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import { atLeast, type Figure, median } from "./figure.ts";
import { startSluice } from "./measured-sluice.ts";

const megabytes = 100;
const rounds = 5;

/** A layer of 100 MB that is pushed to the registry, beside a copy of its file that is on the disk when it is done, in turn, in one run. */
export async function pushImage(): Promise<readonly Figure[]> {
  const sluice = await startSluice("--no-example");
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const ecr = new ECRClient({ endpoint: sluice.url, region: "us-east-1", credentials: sluice.credentials });
  try {
    await ecr.send(new CreateRepositoryCommand({ repositoryName: "bench" }));
    const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
    const authorization = `Basic ${authorizationData?.[0]?.authorizationToken}`;
    const [ratios, speeds]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      const file = join(folder, `layer-${round}`);
      const content = randomBytes(megabytes * 1_000_000); // another each time: what is there already is not stored again
      writeFileSync(file, content);
      const digest = `sha256:${createHash("sha256").update(content).digest("hex")}`;
      const copied = await timed(() => copyToDisk(file, join(folder, `copy-${round}`)));
      const pushed = await timed(() => push(file, { url: sluice.url, digest, authorization }));
      ratios.push(copied / pushed);
      speeds.push(megabytes / (pushed / 1000));
    }
    const figure = `pushing ${megabytes} MB (${Math.round(median(speeds))} MB a second) beside copying the file with an fsync, median of ${rounds}`;
    return [atLeast(figure, median(ratios), 0.5, "x")];
  } finally {
    ecr.destroy();
    await sluice.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Milliseconds that work takes. */
async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function copyToDisk(from: string, to: string): Promise<void> {
  copyFileSync(from, to);
  const file = await open(to, "r+");
  await file.sync();
  await file.close();
}

interface Push {
  readonly url: string;
  readonly digest: string;
  readonly authorization: string;
}

/** Pushes a blob as docker does: it begins an upload, sends the whole in one stream, and names the digest at the end. */
async function push(file: string, { url, digest, authorization }: Push): Promise<void> {
  const { hostname, port, host } = new URL(url);
  // By hand: Node's own client costs as much as all of the server's work.
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const ask = (method: string, path: string, length: number) =>
    socket.write(
      `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nauthorization: ${authorization}\r\ncontent-length: ${length}\r\n\r\n`,
    );
  const answer = async (): Promise<string> => {
    let location = "";
    for (let line = await lines.next(); line.done !== true && line.value !== ""; line = await lines.next()) {
      if (/^HTTP\/1\.1 [3-5]/.test(line.value)) throw new Error(`The registry said ${line.value}`);
      location = /^location: (.*)$/i.exec(line.value)?.[1] ?? location;
    }
    return location;
  };
  ask("POST", "/v2/bench/blobs/uploads/", 0);
  const upload = await answer();
  ask("PATCH", upload, statSync(file).size);
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>)
    if (!socket.write(chunk)) await once(socket, "drain");
  await answer();
  ask("PUT", `${upload}?digest=${digest}`, 0);
  await answer();
  socket.destroy();
}
