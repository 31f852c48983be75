import assert from "node:assert/strict";
import { test } from "node:test";
import { CodeDeployClient, ListApplicationsCommand } from "@aws-sdk/client-codedeploy";
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { openServerFixture } from "../support/server-fixture.ts";
import { readPrometheusText, valueOf } from "./prometheus-text.ts";

test("a key that asks too often is throttled in AWS's words, and counted", async (t) => {
  const now = Date.now();
  const sluice = await openServerFixture(t, {
    clock: () => now, // it stands still: nothing is given back
    limits: { requests: 3 },
    metrics: { hostname: "127.0.0.1", port: 0 },
  });
  const options = sluice.as();
  const client = new CodeDeployClient(options);
  const s3 = new S3Client({ ...options, forcePathStyle: true });
  t.after(() => [client, s3].forEach((one) => one.destroy()));

  for (let request = 0; request < 6; request += 1) await client.send(new ListApplicationsCommand({}));

  await assert.rejects(client.send(new ListApplicationsCommand({})), {
    name: "ThrottlingException",
    message: "Rate exceeded",
  });
  await assert.rejects(s3.send(new ListBucketsCommand({})), { name: "SlowDown" });
  const samples = readPrometheusText(await (await fetch(sluice.metricsUrl ?? "")).text());
  assert.equal(valueOf(samples, "sluice_over_limit_total", { limit: "requests" }), 2);
  assert.equal(valueOf(samples, "sluice_requests_total", { fault: "ThrottlingException" }), 1);
});
