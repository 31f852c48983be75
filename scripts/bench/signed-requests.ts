import { createServer, type Server } from "node:http";
import { Agent, request } from "node:http";
import type { AddressInfo } from "node:net";
import { signHeaders } from "@sluice/aws-protocol/signature-v4";
import { atLeast, type Figure, median } from "./figure.ts";
import { startSluice } from "./measured-sluice.ts";

const inFlight = 32;
const requestsPerRound = 2_000;
const rounds = 5;

/** Durable requests of CreateApplication's size (revisions are registered, because applications have a quota) beside bare node:http answering the same bytes, in turn, in one run. */
export async function signedRequests(): Promise<readonly Figure[]> {
  const sluice = await startSluice("--no-example");
  const bare = await bareServer();
  const bareUrl = `http://127.0.0.1:${(bare.address() as AddressInfo).port}`; // listens on TCP
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  let serial = 0;
  const body = () => {
    const s3Location = { bucket: "b", key: `k-${serial++}`, bundleType: "zip" };
    return JSON.stringify({ applicationName: "bench", revision: { revisionType: "S3", s3Location } });
  };
  const headers = (url: string, text: string, operation = "RegisterApplicationRevision") =>
    signHeaders({
      method: "POST",
      url: new URL(url),
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `CodeDeploy_20141006.${operation}`,
      },
      body: text,
      credentials: sluice.credentials,
      region: "us-east-1",
      service: "codedeploy",
    });
  const ratios: number[] = [];
  const speeds: number[] = [];
  const application = JSON.stringify({ applicationName: "bench" });
  await send(agent, sluice.url, application, headers(sluice.url, application, "CreateApplication"));
  for (let round = 0; round < rounds; round++) {
    const speed = await requestsPerSecond(agent, sluice.url, body, headers);
    ratios.push(speed / (await requestsPerSecond(agent, bareUrl, body, headers)));
    speeds.push(speed);
  }
  agent.destroy();
  bare.close();
  await sluice.close();
  return [
    atLeast(
      `signed, durable, beside bare (${Math.round(median(speeds))} a second), median of ${rounds}`,
      median(ratios),
      0.25,
      "x",
    ),
  ];
}

async function bareServer(): Promise<Server> {
  const answer = JSON.stringify({ applicationId: "00000000-0000-0000-0000-000000000000" });
  const server = createServer((incoming, response) => {
    incoming
      .resume()
      .on("end", () => response.writeHead(200, { "content-type": "application/x-amz-json-1.1" }).end(answer));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return server;
}

type Headers = (url: string, text: string) => Record<string, string>;

async function requestsPerSecond(agent: Agent, url: string, body: () => string, headers: Headers): Promise<number> {
  // Signed before the clock starts: the client's work is not what is measured.
  const prepared = Array.from({ length: requestsPerRound }, () => {
    const text = body();
    return { text, headers: headers(url, text) };
  });
  const started = performance.now();
  let next = 0;
  const worker = async () => {
    for (let one = prepared[next++]; one !== undefined; one = prepared[next++])
      await send(agent, url, one.text, one.headers);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return (requestsPerRound / (performance.now() - started)) * 1000;
}

function send(agent: Agent, url: string, text: string, headers: Record<string, string>): Promise<void> {
  return new Promise((done, failed) => {
    const outgoing = request(
      url,
      { agent, method: "POST", headers: { ...headers, "content-length": Buffer.byteLength(text) } },
      (response) => {
        if (response.statusCode !== 200) failed(new Error(`${url} answered ${response.statusCode}`));
        response.resume().on("end", done);
      },
    );
    outgoing.on("error", failed);
    outgoing.end(text);
  });
}
