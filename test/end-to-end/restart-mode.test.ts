import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type TestContext, test } from "node:test";
import { CreateDeploymentCommand, type CreateDeploymentInput, GetDeploymentCommand } from "@aws-sdk/client-codedeploy";
import { DeleteObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { AgentProcess, begin, end, openAgentFixture } from "./agent-fixture.ts";

const program = resolve(import.meta.dirname, "../../packages/agent/src/main.ts");
const events = [
  "ApplicationStop",
  "DownloadBundle",
  "BeforeInstall",
  "Install",
  "AfterInstall",
  "ApplicationStart",
  "ValidateService",
];
const scriptable = events.filter((event) => event !== "DownloadBundle" && event !== "Install");

/** A host with the real agent, and a revision whose scripts record that they run. */
async function fixture(t: TestContext) {
  const there = await openAgentFixture(t);
  const { folder, configuration, client } = there;
  const noted = join(folder, "noted");
  new AgentProcess(t, [process.execPath, program, "--config_file", configuration, "run"]).start();
  const scripts = Object.fromEntries(scriptable.map((event) => [event, `echo ${event} >> ${noted}`]));
  const first = await begin(there, scripts);
  const { status, log } = await end(there, first);
  assert.equal(status, "Succeeded", log);
  const { deploymentInfo } = await client.send(new GetDeploymentCommand({ deploymentId: first }));
  const { bucket: Bucket, key: Key } = deploymentInfo?.revision?.s3Location ?? {};
  return {
    ...there,
    first,
    /** The files on the host of a deployment. */
    left: (id: string): readonly string[] =>
      readdirSync(join(folder, "root"), { recursive: true, encoding: "utf8" })
        .filter((path) => path.includes(`${id}/`))
        .map((path) => path.slice(path.indexOf(`${id}/`) + id.length + 1)),
    /** The scripts that have run since the last call. */
    noted: () => {
      const lines = readFileSync(noted, "utf8").trim().split("\n");
      rmSync(noted);
      return lines;
    },
    removeBundle: async () => {
      const s3 = new S3Client({ ...there.sluice.as(), forcePathStyle: true });
      await s3.send(new DeleteObjectCommand({ Bucket, Key }));
      s3.destroy();
    },
    restart: async (settings: Partial<CreateDeploymentInput> = {}) => {
      const { deploymentId } = await client.send(
        new CreateDeploymentCommand({
          applicationName: "app",
          deploymentGroupName: "group",
          deploymentMode: "RESTART",
          ...settings,
        }),
      );
      assert(deploymentId !== undefined);
      return { id: deploymentId, ...(await end(there, deploymentId)) };
    },
  };
}

test(
  "a restart runs every event on the copy that the host has, and downloads nothing",
  { timeout: 60_000 },
  async (t) => {
    const { folder, first, left, noted, removeBundle, restart } = await fixture(t);
    assert(left(first).includes("bundle.tar"), left(first).join("\n"));
    assert.deepEqual(noted(), scriptable.slice(1)); // no earlier revision has an ApplicationStop
    await removeBundle();
    writeFileSync(join(folder, "app/app.txt"), "changed by hand");

    const { id, status, events: ran, log } = await restart();

    assert.equal(status, "Succeeded", log);
    assert.deepEqual(
      ran.map(({ lifecycleEventName, status: as }) => `${lifecycleEventName} ${as}`),
      events.map((event) => `${event} Succeeded`),
    );
    assert.deepEqual(noted(), scriptable);
    assert.equal(left(id).includes("bundle.tar"), false);
    assert(left(id).includes("deployment-archive/app.txt"), left(id).join("\n"));
    assert.equal(readFileSync(join(folder, "app/app.txt"), "utf8"), "installed");
  },
);

test("a restart of a restart takes the copy of that, too", { timeout: 60_000 }, async (t) => {
  const { left, removeBundle, restart } = await fixture(t);
  await removeBundle();

  const second = await restart();
  const third = await restart();

  assert.deepEqual([second.status, third.status], ["Succeeded", "Succeeded"], third.log);
  assert.equal(left(third.id).includes("bundle.tar"), false);
});

test(
  "a host that has lost its copy downloads the revision, and fails when that is gone, too",
  { timeout: 60_000 },
  async (t) => {
    const { folder, first, left, noted, removeBundle, restart } = await fixture(t);
    const [group = ""] = readdirSync(join(folder, "root")).filter((name) =>
      existsSync(join(folder, "root", name, first)),
    );
    const lose = (id: string) => rmSync(join(folder, "root", group, id), { recursive: true });
    const settings = { ignoreApplicationStopFailures: true }; // that script is lost with the copy
    noted();

    lose(first);
    const restored = await restart(settings);
    assert.equal(restored.status, "Succeeded", restored.log);
    assert(left(restored.id).includes("bundle.tar"));
    assert.deepEqual(noted(), scriptable.slice(1));

    lose(restored.id);
    await removeBundle();
    const failed = await restart(settings);
    assert.equal(failed.status, "Failed", failed.log);
    const download = failed.events.find(({ lifecycleEventName }) => lifecycleEventName === "DownloadBundle");
    assert.equal(download?.status, "Failed");
    assert.match(download.diagnostics?.message ?? "", /NoSuchKey/);
  },
);
