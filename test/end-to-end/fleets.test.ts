import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CreateDeploymentConfigCommand,
  GetDeploymentCommand,
  ListDeploymentTargetsCommand,
} from "@aws-sdk/client-codedeploy";
import {
  DescribeImagesCommand,
  DescribeSubnetsCommand,
  EC2Client,
  RunInstancesCommand,
  waitUntilInstanceRunning,
} from "@aws-sdk/client-ec2";
import { eventually } from "../support/eventually.ts";
import { accountId, region } from "../support/server-fixture.ts";
import type { Outcome } from "../support/simulated-agents.ts";
import { openDeploymentFixture } from "./deployment-fixture.ts";

test(
  "a host that comes while a deployment runs gets the revision by a deployment of its own",
  { timeout: 60_000 },
  async (t) => {
    const { promise: released, resolve: letGo } = Promise.withResolvers<void>();
    const fixture = await openDeploymentFixture(t, {
      async answer(host, event): Promise<Outcome> {
        if (host === "db-1" && event === "Install") await released;
        return "Succeeded";
      },
    });
    const { client, agents } = fixture;
    await fixture.host("db-1");
    await fixture.group();

    const root = await fixture.deploy();
    await eventually("the first host is in the middle", async () =>
      agents.ran.some(({ event }) => event === "BeforeInstall") ? true : undefined,
    );
    await fixture.host("db-2");
    letGo();
    const first = await fixture.ended(root);
    const follower = await eventually("a follow-up begins", async () => {
      const { deploymentInfo } = await client.send(new GetDeploymentCommand({ deploymentId: root }));
      return deploymentInfo?.relatedDeployments?.autoUpdateOutdatedInstancesDeploymentIds?.[0];
    });
    const second = await fixture.ended(follower);

    assert.deepEqual([first.status, second.status], ["Succeeded", "Succeeded"]);
    assert.equal(second.creator, "CodeDeployAutoUpdate");
    assert.equal(second.updateOutdatedInstancesOnly, true);
    assert.equal(second.relatedDeployments?.autoUpdateOutdatedInstancesRootDeploymentId, root);
    assert.deepEqual(second.revision, first.revision);
    const { targetIds } = await client.send(new ListDeploymentTargetsCommand({ deploymentId: follower }));
    assert.deepEqual(targetIds, ["db-2"]);
  },
);

/** How far the server's clock is put forward every twentieth of a second, in milliseconds: less than the shortest wait is long. */
const stepMilliseconds = 1_000;

test(
  "three zones of three hosts follow each other, with the waits between them that were asked for",
  { timeout: 120_000 },
  async (t) => {
    let skew = 0;
    const fixture = await openDeploymentFixture(t, { clock: () => Date.now() + skew });
    const { client, agents, tag } = fixture;
    const ec2 = new EC2Client(fixture.as());
    t.after(() => ec2.destroy());
    const { Images: [{ ImageId = "" } = {}] = [] } = await ec2.send(new DescribeImagesCommand({}));
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
    const zoneOf = new Map<string, string>();
    for (const { SubnetId = "", AvailabilityZone = "" } of Subnets.slice(0, 3)) {
      const { Instances = [] } = await ec2.send(
        new RunInstancesCommand({
          ImageId,
          InstanceType: "t3.micro",
          MinCount: 3,
          MaxCount: 3,
          SubnetId,
          TagSpecifications: [{ ResourceType: "instance", Tags: [tag] }],
        }),
      );
      for (const { InstanceId = "" } of Instances) {
        zoneOf.set(InstanceId, AvailabilityZone);
        agents.start(InstanceId, `arn:aws:ec2:${region}:${accountId}:instance/${InstanceId}`);
      }
    }
    await client.send(
      new CreateDeploymentConfigCommand({
        deploymentConfigName: "by-zone",
        minimumHealthyHosts: { type: "HOST_COUNT", value: 1 },
        zonalConfig: {
          firstZoneMonitorDurationInSeconds: 180,
          monitorDurationInSeconds: 60,
          minimumHealthyHostsPerZone: { type: "HOST_COUNT", value: 2 },
        },
      }),
    );
    await waitUntilInstanceRunning({ client: ec2, maxWaitTime: 60, minDelay: 1 }, { InstanceIds: [...zoneOf.keys()] });
    await fixture.group({
      ec2TagFilters: [{ ...tag, Type: "KEY_AND_VALUE" }],
      deploymentConfigName: "by-zone",
    });

    const id = await fixture.deploy();
    const passing = setInterval(() => (skew += stepMilliseconds), 50);
    t.after(() => clearInterval(passing));
    const { status, completeTime, errorInformation } = await fixture.ended(id, 90);

    assert.equal(status, "Succeeded", errorInformation?.message ?? "it has not succeeded");
    const zones = [...new Set(agents.ran.map(({ host }) => zoneOf.get(host)))];
    assert.equal(zones.length, 3);
    const spans = zones.map((zone) => {
      const events = agents.ran.filter(({ host }) => zoneOf.get(host) === zone);
      return {
        hosts: new Set(events.map(({ host }) => host)).size,
        from: Math.min(...events.map(({ startedAt }) => startedAt)),
        to: Math.max(...events.map(({ endedAt }) => endedAt)),
      };
    });
    assert.deepEqual(
      spans.map(({ hosts }) => hosts),
      [3, 3, 3],
    );
    const waits = spans.slice(1).map(({ from }, place) => (from - (spans[place]?.to ?? 0)) / 1000);
    // The clock runs about twenty times too fast, and deployments are looked at once a second.
    const slack = 40;
    assert(waits[0] !== undefined && waits[0] >= 180 && waits[0] < 180 + slack, `the first zone: ${waits[0]} s`);
    assert(waits[1] !== undefined && waits[1] >= 60 && waits[1] < 60 + slack, `the second zone: ${waits[1]} s`);
    const atTheEnd = ((completeTime?.getTime() ?? 0) - (spans[2]?.to ?? 0)) / 1000;
    assert(atTheEnd >= 0 && atTheEnd < slack, `after the last zone: ${atTheEnd} s`);
    for (const [place, event] of agents.ran.entries()) {
      const others = agents.ran
        .slice(0, place)
        .filter(({ host, endedAt }) => host !== event.host && endedAt > event.startedAt);
      assert.deepEqual(others, [], "two of three hosts of a zone stay: one at a time");
    }
  },
);
