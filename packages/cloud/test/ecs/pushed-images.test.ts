import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { ECRClient } from "@aws-sdk/client-ecr";
import { RunTaskCommand, type Task } from "@aws-sdk/client-ecs";
import { IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { tar } from "../../../archive/test/tar-archives.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { whyNoNamespaces } from "../../../../test/support/why-no-namespaces.ts";
import { type TestImage, writeLayout } from "../image-layouts.ts";
import type { CloudOptions } from "../../src/index.ts";
import { newRepository, passwordFor, pushLayout, registryClient } from "../registry-client.ts";
import { network, openContainerFixture, whyNoImages } from "./containers.ts";

const skip = whyNoImages() || (await whyNoNamespaces());

/** Busybox, and what a second layer makes of it. */
const layers = (): TestImage["layers"] => {
  const busybox = readFileSync("/bin/busybox");
  return [
    {
      tar: tar([
        { name: "bin/busybox", content: busybox, mode: 0o755, uid: 0 },
        { name: "bin/sh", type: "1", link: "bin/busybox", uid: 0 },
        { name: "etc/passwd", content: "root:x:0:0::/:/bin/sh\napp:x:1000:1000::/srv:/bin/sh\n", uid: 0 },
        { name: "srv/old", content: "x", uid: 0 },
        { name: "tmp/", type: "5", mode: 0o1777, uid: 0 },
      ]),
    },
    {
      tar: tar([
        { name: "srv/.wh.old", uid: 0 },
        { name: "srv/", type: "5", mode: 0o700, uid: 1000 },
        { name: "srv/secret", content: "told", mode: 0o600, uid: 1000 },
      ]),
    },
  ];
};

/** A local cloud with a cluster and a repository `web`, and a way to push to it and to run what was pushed. */
async function openGround(t: TestContext, options: Partial<CloudOptions> = {}) {
  const fixture = await openContainerFixture(t, { driver: "ns", ...options });
  const { cloud, ecs, define, tasks } = fixture;
  const ecr = new ECRClient(cloud.client);
  t.after(() => ecr.destroy());
  await newRepository(ecr, "web");
  const registry = registryClient(cloud.url, await passwordFor(ecr));
  const folder = mkdtempSync(join(tmpdir(), "sluice-pushed-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return {
    push: async (tag: string, image: TestImage): Promise<void> => {
      const layout = join(folder, tag);
      mkdirSync(layout);
      writeLayout(layout, [image]);
      await pushLayout(registry, layout, { name: "web", tag });
    },
    /** Runs a task of an image until it has stopped. */
    run: async (image: string): Promise<Task> => {
      const taskDefinition = await define("pushed", [{ name: "main", image }]);
      const started = await ecs.send(
        new RunTaskCommand({ cluster: "demo", taskDefinition, launchType: "FARGATE", networkConfiguration: network }),
      );
      const arn = started.tasks?.[0]?.taskArn ?? "";
      return eventually("the task has stopped", async () => {
        const [task] = await tasks([arn]);
        return task?.lastStatus === "STOPPED" ? task : undefined;
      });
    },
    host: new URL(cloud.url).host,
    cloud,
  };
}

const lastWords = (task: Task) => task.containers?.[0]?.reason;

test(
  "a task runs the image that was pushed: its layers, its users, its command and its variables",
  { skip },
  async (t) => {
    const { push, run, host } = await openGround(t);
    const script =
      "echo $GREETING $(/bin/busybox id -u) $(/bin/busybox pwd) $(/bin/busybox cat secret) $(/bin/busybox ls); exit 7";
    const config = {
      Entrypoint: ["/bin/sh", "-c"],
      Cmd: [script],
      Env: ["GREETING=hello"],
      WorkingDir: "/srv",
      User: "app",
    };
    await push("v1", { layers: layers(), config });

    for (const image of [`${host}/web:v1`, "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:v1"]) {
      const task = await run(image);

      assert.equal(task.containers?.[0]?.exitCode, 7, task.stoppedReason ?? "");
      assert.equal(lastWords(task), "Its last output: hello 1000 /srv told secret");
    }
  },
);

test("a task whose image cannot be had stops with AWS's reason", { skip }, async (t) => {
  const { push, run, host } = await openGround(t);
  await push("foreign", { layers: layers(), architecture: "sparc64" });

  const [missing, foreign] = [await run(`${host}/web:none`), await run(`${host}/web:foreign`)];

  assert.deepEqual([missing.stopCode, foreign.stopCode], ["TaskFailedToStart", "TaskFailedToStart"]);
  assert.equal(
    missing.stoppedReason,
    `CannotPullContainerError: failed to resolve ref ${host}/web:none: ${host}/web:none: not found`,
  );
  assert.match(
    foreign.stoppedReason ?? "",
    /^CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux\/\w+': it is for linux\/sparc64/,
  );
});

test(
  "where service roles count, an image is pulled as the execution role, which must be allowed to",
  { skip },
  async (t) => {
    const { push, run, host, cloud } = await openGround(t, { actsWithServiceRoles: true });
    await push("v1", { layers: layers(), config: { Cmd: ["/bin/sh", "-c", "exit 7"] } });
    const iam = new IAMClient(cloud.client);
    t.after(() => iam.destroy());
    const allow = (...Action: string[]) =>
      iam.send(
        new PutRolePolicyCommand({
          RoleName: "execution",
          PolicyName: "pull",
          PolicyDocument: JSON.stringify({
            Version: "2012-10-17",
            Statement: { Effect: "Allow", Action, Resource: "*" },
          }),
        }),
      );

    const stranger = await run(`${host}/web:v1`);
    await allow("ecr:GetAuthorizationToken");
    const reader = await run(`${host}/web:v1`);
    await allow("ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer");
    const puller = await run(`${host}/web:v1`);

    assert.match(
      stranger.stoppedReason ?? "",
      /^ResourceInitializationError: unable to pull secrets or registry auth: .* is not authorized to perform: ecr:GetAuthorizationToken on resource: \* because no identity-based policy allows/,
    );
    assert.match(
      reader.stoppedReason ?? "",
      /^CannotPullContainerError: .*: 403 Forbidden: .* perform: ecr:BatchGetImage on resource: arn:aws:ecr:us-east-1:123456789012:repository\/web /,
    );
    assert.equal(puller.containers?.[0]?.exitCode, 7, puller.stoppedReason ?? "");
  },
);
