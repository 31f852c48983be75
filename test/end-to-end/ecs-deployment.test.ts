import assert from "node:assert/strict";
import { test } from "node:test";
import { StopDeploymentCommand } from "@aws-sdk/client-codedeploy";
import { AttachRolePolicyCommand, IAMClient } from "@aws-sdk/client-iam";
import { whyNoImages } from "../../packages/cloud/test/ecs/containers.ts";
import { eventually } from "../support/eventually.ts";
import { EcsDeploymentFixture } from "../support/ecs-deployment-fixture.ts";
import { SluiceProcess } from "../support/sluice-process.ts";
import { whyNoNamespaces } from "../support/why-no-namespaces.ts";

const skip = whyNoImages() || (await whyNoNamespaces());

test(
  "a service goes to a new task definition and on to the next, and its target groups change roles",
  { skip },
  async (t) => {
    const fixture = await EcsDeploymentFixture.open(t);
    const second = await fixture.define("2");

    const id = await fixture.begin(second);
    const first = await fixture.ended(id);

    assert.deepEqual([first.status, first.errorInformation?.message], ["Succeeded", undefined]);
    assert.match(await fixture.answer(), /version 2 /);
    assert.match(await fixture.answer(fixture.test), /version 2 /);
    assert.deepEqual(await fixture.weights(), { blue: 0, green: 100 });
    const service = await fixture.service();
    assert.deepEqual(
      service.taskSets?.map((set) => [set.status, set.taskDefinition, set.externalId]),
      [["PRIMARY", second, id]],
    );
    const target = await fixture.target(id);
    assert.deepEqual(
      target?.lifecycleEvents?.map((event) => `${event.lifecycleEventName} ${event.status}`),
      [
        "BeforeInstall Succeeded",
        "Install Succeeded",
        "AfterInstall Succeeded",
        "AllowTestTraffic Succeeded",
        "AfterAllowTestTraffic Succeeded",
        "BeforeAllowTraffic Succeeded",
        "AllowTraffic Succeeded",
        "AfterAllowTraffic Succeeded",
      ],
    );
    assert.deepEqual(
      target?.taskSetsInfo?.map((set) => [
        set.taskSetLabel,
        set.status,
        set.runningCount,
        set.trafficWeight,
        set.targetGroup?.name,
      ]),
      [["Green", "PRIMARY", 2, 100, "green"]],
    );

    const next = await fixture.ended(await fixture.begin(await fixture.define("3")));

    assert.deepEqual([next.status, next.errorInformation?.message], ["Succeeded", undefined]);
    assert.match(await fixture.answer(), /version 3 /);
    assert.deepEqual(await fixture.weights(), { blue: 100, green: 0 });
  },
);

test(
  "tasks that end at once are named, and a stop with rollback leaves the service as it was; what cannot work is refused",
  { skip },
  async (t) => {
    const fixture = await EcsDeploymentFixture.open(t);
    const command = ["/bin/sh", "-c", "printf 'reading settings\\n\\033[31mno database\\n' >&2; exit 3"];
    const id = await fixture.begin(await fixture.define("2", command));
    await eventually("is the end of a container told?", async () => {
      const target = await fixture.target(id).catch(() => undefined);
      const install = target?.lifecycleEvents?.find(({ lifecycleEventName }) => lifecycleEventName === "Install");
      return install?.diagnostics?.message?.includes('the container "web" exited with 3') || undefined;
    });

    await fixture.deploy.send(new StopDeploymentCommand({ deploymentId: id, autoRollbackEnabled: true }));
    const { status, rollbackInfo } = await fixture.ended(id);

    assert.equal(status, "Stopped");
    const events = (await fixture.target(id))?.lifecycleEvents ?? [];
    assert.match(
      events.find(({ lifecycleEventName }) => lifecycleEventName === "Install")?.diagnostics?.message ?? "",
      /^The deployment was ended while Install was under way\. Last state: [01] of 2 tasks of ecs-svc\/\d+ run: the container "web" exited with 3: Its last output: reading settings \| \\u001b\[31mno database \(Essential container in task exited\)$/,
    );
    const rollback = await fixture.ended(rollbackInfo?.rollbackDeploymentId ?? "");
    assert.deepEqual([rollback.status, rollback.errorInformation?.message], ["Succeeded", undefined]);
    await fixture.until("one task set is left", ({ taskSets }) => taskSets?.length === 1);
    assert.deepEqual(await fixture.weights(), { blue: 100, green: 0 });
    assert.match(await fixture.answer(), /version 1 /);

    const unknown = (await fixture.define("3")).replace(/\d+$/, "99");
    const refused = await fixture.ended(await fixture.begin(unknown));
    assert.deepEqual([refused.status, refused.errorInformation?.code], ["Failed", "INVALID_REVISION"]);
    assert.match(refused.errorInformation?.message ?? "", /there is no task definition .*web:99/);
  },
);

test("AWS's managed policy is all that a service role needs, where service roles count", { skip }, async (t) => {
  const sluice = new SluiceProcess(t, ["--no-example", "--driver", "ns", "--service-roles"]);
  const fixture = await EcsDeploymentFixture.open(t, {}, sluice);
  const bare = await fixture.ended(await fixture.begin(await fixture.define("2")));
  assert.deepEqual([bare.status, bare.errorInformation?.code], ["Failed", "IAM_ROLE_PERMISSIONS"]);

  const PolicyArn = "arn:aws:iam::aws:policy/AWSCodeDeployRoleForECS";
  const iam = new IAMClient(await sluice.clientOptions());
  t.after(() => iam.destroy());
  await iam.send(new AttachRolePolicyCommand({ RoleName: "deploy", PolicyArn }));
  const { status, errorInformation } = await fixture.ended(await fixture.begin(await fixture.define("2")));

  assert.deepEqual([status, errorInformation?.message], ["Succeeded", undefined]);
  assert.match(await fixture.answer(), /version 2 /);
});

test("behind a Network Load Balancer all of the traffic moves at once, and steps are refused", { skip }, async (t) => {
  const sluice = new SluiceProcess(t, ["--no-example", "--driver", "ns"]);
  const fixture = await EcsDeploymentFixture.open(t, {}, sluice, "TCP");
  const second = await fixture.define("2");

  const refused = await fixture.ended(await fixture.begin(second, { config: "canary" }));
  const { status, errorInformation } = await fixture.ended(await fixture.begin(second));

  assert.equal(refused.errorInformation?.code, "ELASTIC_LOAD_BALANCING_INVALID");
  assert.match(refused.errorInformation?.message ?? "", /is of a Network Load Balancer \(TCP\)/);
  assert.deepEqual([status, errorInformation?.message], ["Succeeded", undefined]);
  assert.match(await fixture.answer(), /version 2 /);
});
