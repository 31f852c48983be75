import assert from "node:assert/strict";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { GetDeploymentCommand } from "@aws-sdk/client-codedeploy";
import { openDeploymentFixture } from "../end-to-end/deployment-fixture.ts";
import { eventually } from "../support/eventually.ts";
import { openServerFixture } from "../support/server-fixture.ts";
import { readPrometheusText, valueOf } from "./prometheus-text.ts";

const anyPort = { hostname: "127.0.0.1", port: 0 };

async function scrape(url: string | undefined) {
  assert(url !== undefined, "metrics are served");
  const response = await fetch(url);
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  return readPrometheusText(await response.text());
}

test("metrics tell of requests, polls, commands and how deployments have ended", async (t) => {
  const sluice = await openDeploymentFixture(t, { metrics: anyPort });
  await sluice.host("web-1");
  await sluice.group();
  await sluice.ended(await sluice.deploy());
  await assert.rejects(sluice.client.send(new GetDeploymentCommand({ deploymentId: "d-NOTTHERE1" })));

  const samples = await eventually("a poll is held again", async () => {
    const found = await scrape(sluice.metricsUrl);
    return valueOf(found, "sluice_held_polls") === 1 ? found : undefined;
  });

  const codedeploy = { service: "codedeploy", operation: "CreateDeployment" };
  assert.equal(valueOf(samples, "sluice_requests_total", { ...codedeploy, fault: "" }), 1);
  assert.equal(valueOf(samples, "sluice_requests_total", { fault: "DeploymentDoesNotExistException" }), 1);
  assert.equal(valueOf(samples, "sluice_request_duration_seconds_count", codedeploy), 1);
  assert.equal(valueOf(samples, "sluice_agents", { state: "seen" }), 1);
  assert.equal(valueOf(samples, "sluice_agents", { state: "silent" }), 0);
  const issued = valueOf(samples, "sluice_commands_total", { outcome: "Issued" });
  assert(issued !== undefined && issued > 0);
  assert.equal(valueOf(samples, "sluice_commands_total", { outcome: "Succeeded" }), issued);
  const ended = { application: "shop", deployment_group: "prod", outcome: "Succeeded" };
  assert.equal(valueOf(samples, "sluice_deployment_duration_seconds_count", ended), 1);
  assert.equal(valueOf(samples, "sluice_live_deployments"), undefined);
  assert.equal(valueOf(samples, "sluice_queue_length", { queue: "commands" }), 0);
  assert.equal(valueOf(samples, "sluice_defects_total"), 0);
  for (const name of ["sluice_pass_duration_seconds_count", "sluice_commit_jobs_sum", "sluice_store_bytes"])
    assert((valueOf(samples, name) ?? 0) > 0, name);
  assert((valueOf(samples, "nodejs_heap_size_used_bytes") ?? 0) > 0);
});

test("a host that has stopped to call is silent, and a live deployment shows its status", async (t) => {
  let now = Date.now();
  const script = Promise.withResolvers<"Succeeded">();
  const sluice = await openDeploymentFixture(t, {
    metrics: anyPort,
    clock: () => now,
    answer: () => script.promise,
  });
  await sluice.host("web-1");
  await sluice.group();
  await sluice.deploy();
  await eventually("the host runs a script", async () =>
    valueOf(await scrape(sluice.metricsUrl), "sluice_commands_total", { outcome: "Issued" }) === 1 &&
    valueOf(await scrape(sluice.metricsUrl), "sluice_queue_length", { queue: "commands" }) === 0
      ? true
      : undefined,
  );

  now += 60_000;
  const samples = await scrape(sluice.metricsUrl);
  script.resolve("Succeeded");

  assert.equal(valueOf(samples, "sluice_live_deployments", { status: "InProgress" }), 1);
  assert.equal(valueOf(samples, "sluice_agents", { state: "silent" }), 1);
});

test("without the setting there are no metrics, and the services' port has none either way", async (t) => {
  const sluice = await openServerFixture(t);

  assert.equal(sluice.metricsUrl, undefined);
  assert.equal((await fetch(new URL("/metrics", sluice.url))).status, 404);
});

test("the port of metrics serves nothing else, and not to pages that a browser shows under another name", async (t) => {
  const { metricsUrl = "" } = await openServerFixture(t, { metrics: anyPort });

  assert.equal((await fetch(new URL("/", metricsUrl))).status, 404);
  assert.equal((await fetch(metricsUrl, { method: "POST" })).status, 405);
  assert.equal(await statusAs("metrics.example.com", metricsUrl), 403);
  assert.equal(await statusAs("localhost:1", metricsUrl), 200);
});

test("health is told to anybody, in two words", async (t) => {
  const { url } = await openServerFixture(t);
  const get = async (path: string, method = "GET") => {
    const response = await fetch(new URL(path, url), { method });
    return [response.status, await response.text()];
  };

  assert.deepEqual(await get("/healthz"), [200, "ok\n"]);
  assert.deepEqual(await get("/readyz?verbose"), [200, "ok\n"]);
  assert.deepEqual(await get("/readyz", "HEAD"), [200, ""]);
  assert.deepEqual(await get("/healthz", "POST"), [405, "Health is read with GET\n"]);
  assert.deepEqual((await get("/healthz/more"))[0], 404);
});

/** Asks under another name, as a page does whose name leads to this machine. */
function statusAs(host: string, url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(
      url,
      { headers: { host } },
      (response) => void text(response).then(() => resolve(response.statusCode), reject),
    )
      .on("error", reject)
      .end();
  });
}
