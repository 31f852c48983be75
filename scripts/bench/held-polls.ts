import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { signHeaders } from "@sluice/aws-protocol/signature-v4";
import { atMostTimes, type Figure } from "./figure.ts";
import { type MeasuredSluice, startSluice } from "./measured-sluice.ts";
import { heldRequest } from "./yardsticks.ts";

const polls = 10_000;
/** Connections that are opened at once: the listener's queue holds a few hundred. */
const batch = 250;
/** The server may collect its garbage for so long, in milliseconds. */
const settleMilliseconds = 3_000;

/** What the server pays for each host that waits for a command. */
export async function heldPolls(): Promise<readonly Figure[]> {
  const sluice = await startSluice("--no-example");
  await sluice.line(/in another terminal/); // by then all is loaded that it needs anyway
  const before = residentKilobytes(sluice);
  const sockets: Socket[] = [];
  for (let first = 0; first < polls; first += batch)
    sockets.push(...(await Promise.all(Array.from({ length: batch }, (_, index) => poll(sluice, first + index)))));
  await pause(settleMilliseconds);
  const after = residentKilobytes(sluice);
  for (const socket of sockets) socket.destroy();
  await sluice.close();
  const of = [await heldRequest(polls)];
  return [atMostTimes(`each of ${polls} held polls`, (after - before) / polls, { times: 2, unit: "KiB", of })];
}

function residentKilobytes({ process }: MeasuredSluice): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${process.pid}/status`, "utf8"))?.[1]);
}

function poll({ url, credentials }: MeasuredSluice, host: number): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const body = JSON.stringify({
    HostIdentifier: `arn:aws:ec2:us-east-1:123456789012:instance/i-${String(host).padStart(17, "0")}`,
  });
  const headers = signHeaders({
    method: "POST",
    url: new URL(url),
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "CodeDeployCommandService_v20141006.PollHostCommand",
      "content-length": String(Buffer.byteLength(body)),
    },
    body,
    credentials,
    region: "us-east-1",
    service: "codedeploy-commands",
  });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(`POST / HTTP/1.1\r\n${lines.join("")}\r\n${body}`, () => resolve(socket)),
    );
    socket.on("error", reject);
    socket.on("data", (answer) => reject(new Error(`A poll was not held: ${answer.toString().slice(0, 200)}`)));
  });
}
