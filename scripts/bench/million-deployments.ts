import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { CodeDeployClient, ListDeploymentsCommand, type ListDeploymentsInput } from "@aws-sdk/client-codedeploy";
import { initialDeployments } from "../../packages/server/test/stored-deployments.ts";
import { openStore } from "../../packages/server/src/store/index.ts";
import { removeFolder } from "../../test/support/remove-folder.ts";
import { atMost, atMostTimes, type Figure, median } from "./figure.ts";
import { bareRequest, nodeStart, residentKilobytes } from "./yardsticks.ts";

const deployments = 1_000_000;
const groups = 100;
const rounds = 100;
const program = resolve(import.meta.dirname, "../../packages/cli/bin/sluice.js");

/** A server on a data folder with a million deployments, each of one host: its start, a page of its lists, and its memory. */
export async function millionDeployments(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const dataFolder = join(folder, "data");
  await fill(dataFolder);
  await startOn(dataFolder).then(({ stop }) => stop()); // from then on its files are in the page cache, as those of the programs are
  const server = await startOn(dataFolder);
  const client = new CodeDeployClient({ region: "us-east-1", endpoint: server.url, credentials: server.credentials });
  const of = [await bareRequest()];
  const page = async (which: string, input: ListDeploymentsInput): Promise<Figure> => {
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const began = performance.now();
      await client.send(new ListDeploymentsCommand(input));
      times.push(performance.now() - began);
    }
    const figure = `a page of a million deployments: ${which}, median of ${rounds}`;
    return atMostTimes(figure, median(times), { times: 30, unit: "ms", of });
  };
  const figures = [
    atMostTimes("a start on a million deployments", server.readyMilliseconds, {
      times: 20,
      unit: "ms",
      of: [nodeStart()],
    }),
    await page("the newest", {}),
    await page("of a group", { applicationName: "shop", deploymentGroupName: "g7" }),
    await page("those that were stopped", { includeOnlyStatuses: ["Stopped"] }),
    atMost("memory of a server on a million deployments", residentKilobytes(server) / 1024, 300, "MiB"),
  ];
  client.destroy();
  await server.stop();
  removeFolder(folder);
  return figures;
}

async function startOn(dataFolder: string) {
  const began = performance.now();
  const words = [program, "--data", dataFolder, "--port", "0", "--keep-deployments", "0", "server"];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise<string>((ready, failed) => {
    child.once("exit", (code) => failed(new Error(`sluice server ended with ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const [, found] = /^ready on (\S+)$/.exec(line) ?? [];
      if (found !== undefined) ready(found);
    });
  });
  const readyMilliseconds = performance.now() - began;
  const credentials = JSON.parse(readFileSync(join(dataFolder, "running.json"), "utf8")) as {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
  }; // written by `sluice server`
  const stop = () =>
    new Promise<void>((done) => {
      child.removeAllListeners("exit").once("exit", () => done());
      child.kill("SIGTERM");
    });
  return { url, readyMilliseconds, credentials, pid: child.pid, stop };
}

/** Multiplies a few deployments that the store has written. */
async function fill(dataFolder: string): Promise<void> {
  mkdirSync(dataFolder);
  const store = openStore(dataFolder);
  const few = Array.from({ length: groups }, (_, index) => ({
    id: `t-${index}`,
    group: `g${index}`,
    at: 1,
    targets: 1,
  }));
  await store.write(() =>
    initialDeployments(
      store,
      few.map((one) => ({ ...one, status: "Succeeded" })),
    ),
  );
  store.close();
  const db = new DatabaseSync(join(dataFolder, "codedeploy.sqlite"));
  db.exec(`PRAGMA synchronous=OFF; PRAGMA cache_size=-200000; BEGIN;
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${deployments - 1})
INSERT INTO deployments
SELECT printf('d-%09d', n.i), t.application_id, t.group_id,
  CASE WHEN n.i % 1000 = 0 THEN 'Stopped' WHEN n.i % 2 = 0 THEN 'Failed' ELSE 'Succeeded' END, n.i * 1000, 1, 1, t.request,
  json_set(t.state, '$.createTime', n.i * 1000, '$.id', printf('d-%09d', n.i))
FROM n JOIN deployments t ON t.id = 't-' || (n.i % ${groups});
INSERT INTO targets SELECT d.id, 0, t.id, t.host, t.target FROM deployments d, (SELECT * FROM targets LIMIT 1) t WHERE d.id LIKE 'd-%';
COMMIT`);
  db.close();
}
