import assert from "node:assert/strict";
import { test } from "node:test";
import { UpdateDeploymentGroupCommand } from "@aws-sdk/client-codedeploy";
import { Load } from "../support/load.ts";
import { copying, skip, TrafficFixture } from "../support/traffic-fixture.ts";

/** Requests that have to be answered, over both deployments. */
const wantedRequests = 100_000;

test(
  "no request is lost, on kept connections and on new ones, while a fleet is updated in place and then replaced",
  { skip, timeout: 420_000 },
  async (t) => {
    const cloud = await TrafficFixture.open(t);
    const targetGroup = await cloud.balancedTargetGroup("web", 2);
    const hosts = await cloud.fleet("fleet", 3, targetGroup);
    await cloud.group("web", { targetGroup, autoScalingGroups: ["fleet"] });
    await cloud.ends(await cloud.begin("web", "1"), "Succeeded");
    await cloud.serves(targetGroup, hosts);
    const load = new Load(t, targetGroup.url);
    const answeredFewerThan = async (requests: number) => {
      const { total, lost } = await load.answered();
      assert.deepEqual(lost, [], `of ${total}`);
      return total < requests;
    };
    const options = { deploymentConfigName: "CodeDeployDefault.OneAtATime" };

    let version = 1;
    while (await answeredFewerThan(wantedRequests / 2)) {
      await cloud.ends(await cloud.begin("web", String(++version), options), "Succeeded", 180);
      await cloud.serves(targetGroup, hosts);
    }
    const inPlace = version - 1;
    await cloud.deploy.send(
      new UpdateDeploymentGroupCommand({ applicationName: "web", currentDeploymentGroupName: "web", ...copying() }),
    );
    while (await answeredFewerThan(wantedRequests)) {
      const id = await cloud.begin("web", String(++version), options);
      await cloud.ends(id, "Succeeded", 180);
      await cloud.serves(targetGroup, await cloud.inService(`CodeDeploy_web_${id}`, hosts.length));
    }
    const { lost, ...answered } = await load.end();
    t.diagnostic(
      `${answered.total} requests (${answered.fresh} on new connections) during ${inPlace} deployments in place and ${version - 1 - inPlace} blue/green`,
    );
    assert.deepEqual(lost, [], `of ${answered.total}`);
    assert.match(await (await fetch(targetGroup.url)).text(), new RegExp(`version ${version},`));
  },
);
