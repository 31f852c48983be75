import assert from "node:assert/strict";
import { test } from "node:test";
import { newDeployment, type Deployment, type Target } from "@sluice/engine";
import { explain } from "./explain.ts";
import { mask } from "./masked-text.ts";
import type { Snapshot } from "./snapshot.ts";

const deployment = (more: Partial<Deployment>): Deployment => ({
  ...newDeployment({
    id: "d-ABCDEFGHI",
    kind: "in-place",
    createTime: 0,
    minimumHealthyHosts: { type: "FLEET_PERCENT", value: 95 },
    ignoreApplicationStopFailures: false,
  }),
  startTime: 1,
  ...more,
});

const healthConstraints = { code: "HEALTH_CONSTRAINTS", message: "The overall deployment failed because too many …" };

function target(
  place: number,
  failure?: { readonly script: string; readonly exit: number; readonly log: string },
): Target {
  const id = `i-0000000000000${String(place).padStart(4, "0")}`;
  const diagnostics = failure && {
    errorCode: "ScriptFailed" as const,
    scriptName: failure.script,
    message: `Script at specified location: ${failure.script} failed with exit code ${failure.exit}`,
    logTail: failure.log.replaceAll("%", id),
  };
  return {
    id,
    arn: `arn:aws:ec2:us-east-1:123456789012:instance/${id}`,
    hostIdentifier: `arn:aws:ec2:us-east-1:123456789012:instance/${id}`,
    zone: place < 3 ? "us-east-1b" : "us-east-1a",
    status: failure === undefined ? "Succeeded" : "Failed",
    lastUpdatedAt: place,
    events: [
      { name: "ApplicationStop", status: "Succeeded" },
      {
        name: "ValidateService",
        status: failure === undefined ? "Succeeded" : "Failed",
        endTime: 1_000 + place,
        diagnostics,
      },
    ],
  };
}

const snapshot = (more: Partial<Snapshot> & Pick<Snapshot, "targets">): Snapshot => ({
  application: "shop",
  group: "web servers",
  deployment: deployment({ status: "Failed", error: healthConstraints }),
  facts: new Map(more.targets.map(({ id, zone }) => [id, { zone, image: "ami-1", "agent version": "1.0" }])),
  configuration: "Custom.95",
  creator: "user",
  revision: "s3://b/2.zip",
  goodRevision: "s3://b/1.zip",
  lastSuccess: {
    deploymentId: "d-BEFORE000",
    completeTime: 0,
    revision: "s3://b/1.zip",
    targets: 40,
    changes: [{ what: "revision", before: "s3://b/1.zip", now: "s3://b/2.zip" }],
  },
  ...more,
});

const refused = (place: number) =>
  target(place, {
    script: "scripts/check.sh",
    exit: 7,
    log: `[stderr] 2026-11-30 10:0${place}:00 % cannot connect to 10.0.0.${place}:80${place} after ${place}00 ms\n`,
  });
const full = (place: number) =>
  target(place, { script: "scripts/unpack.sh", exit: 1, log: "tar: write error: No space left on device\n" });

test("a deployment that failed on 3 of 40 hosts for two causes names both, the first host, and the rule with its numbers", () => {
  const targets = [refused(0), refused(2), full(30), ...Array.from({ length: 37 }, (_, place) => target(place + 40))];

  const explained = explain(snapshot({ targets }));

  assert.equal(
    explained.sentence,
    "Stopped: 3 of 40 failed, at most 2 may be unavailable under Custom.95 (FLEET_PERCENT 95: 38 of 40 must stay healthy). 2 of 3: ValidateService: scripts/check.sh ended with exit code 7, with the same output; 1 other cause",
  );
  const { code, failed, total, allowed, minimumHealthy } = explained.rule ?? {};
  assert.deepEqual(
    { code, failed, total, allowed, minimumHealthy },
    { code: "HEALTH_CONSTRAINTS", failed: 3, total: 40, allowed: 2, minimumHealthy: 38 },
  );
  assert.deepEqual(
    explained.causes.map(({ count, of, script, exitCode, firstTarget, firstSeen }) => [
      count,
      of,
      script,
      exitCode,
      firstTarget,
      firstSeen,
    ]),
    [
      [2, 3, "scripts/check.sh", 7, "i-00000000000000000", 1_000],
      [1, 3, "scripts/unpack.sh", 1, "i-00000000000000030", 1_030],
    ],
  );
  assert.match(explained.causes[1]?.remedy ?? "", /disk is full/);
  assert.deepEqual(explained.causes[0]?.shared, [
    { fact: "zone", value: "us-east-1b", failedWith: 2, failed: 2, goodWith: 0, good: 37 },
  ]);
  assert.deepEqual(
    explained.next.map(({ command }) => command),
    [
      "sluice logs d-ABCDEFGHI --target i-00000000000000000 --event ValidateService",
      "sluice retry d-ABCDEFGHI",
      "sluice rollback 'web servers' --application shop",
      "sluice watch d-ABCDEFGHI",
    ],
  );
  const text = explained.text.join("\n");
  assert.match(text, /Cause of 2 of 3: ValidateService: scripts\/check\.sh ended with exit code 7/);
  assert.match(text, /zone us-east-1b: 2 of the 2 that failed, 0 of the 37 that succeeded/);
  assert.match(text, /revision: s3:\/\/b\/1\.zip → s3:\/\/b\/2\.zip/);
});

test("targets that were never tried are counted, and the allowance is what the rule gives", () => {
  const skipped = Array.from({ length: 2 }, (_, place) => ({ ...target(place + 50), status: "Skipped" as const }));
  const one = deployment({
    status: "Failed",
    error: healthConstraints,
    minimumHealthyHosts: { type: "MOST_CONCURRENCY", value: 1 },
  });

  const { sentence, counts } = explain(snapshot({ deployment: one, targets: [refused(1), ...skipped] }));

  assert.match(
    sentence,
    /^Stopped: 1 of 3 failed, as many as may be unavailable under .*2 of 3 must stay healthy\); 2 not tried\. /,
  );
  assert.deepEqual([counts.failed, counts.skipped], [1, 2]);
});

test("who asked for the stop is named, and what runs says how far it is", () => {
  const error = { code: "MANUAL_STOP", message: "The deployment was stopped on request" };
  const stopped = explain(
    snapshot({
      deployment: deployment({ status: "Stopped", error }),
      targets: [target(9)],
      stoppedBy: "arn:aws:iam::123456789012:user/ann",
    }),
  );
  assert.equal(stopped.sentence, "Stopped: arn:aws:iam::123456789012:user/ann asked it to stop");

  const running = explain(
    snapshot({
      deployment: deployment({ status: "InProgress" }),
      targets: [target(9), { ...target(10), status: "Pending" }, { ...target(11), status: "InProgress" }],
    }),
  );
  assert.equal(running.sentence, "In progress: 1 of 3 succeeded, 1 under way, 1 to come");
});

test("a step of the deployment as a whole is its first cause", () => {
  const error = { code: "IAM_ROLE_PERMISSIONS", message: "The role may not read the load balancers" };
  const failed = deployment({
    status: "Failed",
    error,
    steps: [
      {
        id: "s",
        name: "check load balancers",
        status: "Failed",
        startTime: 1,
        error,
        effect: { kind: "resume processes", suspended: {} },
      },
    ],
  });

  const { sentence, causes } = explain(snapshot({ deployment: failed, targets: [] }));

  assert.equal(causes[0]?.event, "check load balancers");
  assert.match(sentence, /^Failed: The role may not read the load balancers/);
});

test("ids, times, paths and numbers do not tell one failure from another, words do", () => {
  const own = new Set(["web-17"]);
  const line = (text: string) => mask(text, own);

  assert.equal(
    line("2026-11-30T10:00:00Z web-17: cannot open /var/lib/shop/17.db (errno 2)"),
    "<time> <host>: cannot open <path> (errno <n>)",
  );
  assert.equal(line("request 4f1c9a0e-11aa-4bcd-9eef-0123456789ab failed"), "request <id> failed");
  assert.equal(line("i-0123456789abcdef0 is unhealthy"), "<id> is unhealthy");
  assert.equal(line("GET http://10.0.0.1:80/x"), "GET <url>");
  assert.equal(line("\u001b[31merror\u001b[0m: no route"), "error: no route");
  assert.notEqual(line("connection refused"), line("connection reset"));
});

test("ten thousand targets are explained in time that grows with their number", () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, place) => (place % 10 === 0 ? refused(place) : target(place)));
  const milliseconds = (count: number): number => {
    const made = snapshot({ targets: many(count) });
    const begun = performance.now();
    explain(made);
    return performance.now() - begun;
  };
  milliseconds(1_000);

  assert(milliseconds(10_000) < 2_000);
});
