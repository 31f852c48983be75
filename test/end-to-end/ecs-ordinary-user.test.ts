// Tasks of an ordinary user's house: with subordinate ids and without. Neither the system's accounts nor its ids are touched: the
// house runs in a mount namespace that has other files in their place.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CreateClusterCommand, ECS } from "@aws-sdk/client-ecs";
import { agentBundle } from "../../packages/cli/src/agent-bundle.ts";
import { imageFolder, network, whyNoImages } from "../../packages/cloud/test/ecs/containers.ts";
import { builtFolder } from "../../packages/console/src/built-folder.ts";
import { eventually } from "../support/eventually.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { SluiceProcess } from "../support/sluice-process.ts";
import { whyMissing } from "../support/why-missing.ts";

const run = promisify(execFile);
const uid = 54_321;
const becomes = ["setpriv", "--reuid", String(uid), "--regid", String(uid), "--clear-groups"];

/** Why an ordinary user cannot have namespaces here, or cannot read this program; false when he can. */
async function whyNot(): Promise<string | false> {
  if (process.getuid?.() !== 0) return "only root may become another user";
  const missing = whyNoImages() || (await whyMissing("setpriv", "unshare", "newuidmap"));
  if (missing !== false) return missing;
  const works = (...words: readonly string[]) =>
    run(becomes[0] ?? "", [...becomes.slice(1), ...words]).then(
      () => true,
      () => false,
    );
  if (!(await works("unshare", "-Urn", "true"))) return "ordinary users may not make user namespaces";
  // He cannot make them: they are in our folder.
  const made = [agentBundle(), fileURLToPath(new URL("inputs.json", builtFolder()))];
  const isReadable = (await works(process.execPath, "--version")) && (await works("cat", ...made));
  return isReadable ? false : "an ordinary user cannot read the folder of this program";
}

const skip = await whyNot();

/** The words that make a command another user's, with the ids that he has. */
function asOrdinaryUser(t: TestContext, ids: string): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "sluice-ordinary-"));
  t.after(() => removeFolder(folder));
  const files: readonly (readonly [string, string])[] = [
    ["passwd", `${readFileSync("/etc/passwd", "utf8").trimEnd()}\nplain:x:${uid}:${uid}::/:/bin/sh\n`],
    ["subuid", ids],
    ["subgid", ids],
  ];
  for (const [name, content] of files) writeFileSync(join(folder, name), content, { mode: 0o644 });
  const mounts = files.map(([name]) => `mount --bind '${join(folder, name)}' /etc/${name}`).join(" && ");
  return ["unshare", "-m", "sh", "-c", `${mounts} && exec env HOME=/ ${becomes.join(" ")} "$@"`, "sh"];
}

/** Starts a server as that user, and returns what a container of its says that runs as user 1000 of its image. */
async function runTaskAsOrdinaryUser(t: TestContext, ids: string): Promise<string> {
  const sluice = new SluiceProcess(t, ["--no-example", "--driver", "ns"], asOrdinaryUser(t, ids));
  chownSync(sluice.folder, uid, uid);
  await sluice.open();
  assert.match(readFileSync(`/proc/${sluice.pid}/status`, "utf8"), new RegExp(`^Uid:\\s+${uid}\\s+${uid}`, "m"));
  const ecs = new ECS(await sluice.clientOptions());
  t.after(() => ecs.destroy());
  await ecs.send(new CreateClusterCommand({}));
  const script = "id -u; id -g; echo written > /tmp/here && cat /tmp/here; exit 7";
  const image = imageFolder(t, "1");
  chmodSync(join(image, "tmp"), 0o1777);
  const container = { image: `file:${image}`, command: ["/bin/sh", "-c", script], user: "1000:2000" };
  await ecs.registerTaskDefinition({
    family: "who",
    requiresCompatibilities: ["FARGATE"],
    networkMode: "awsvpc",
    cpu: "256",
    memory: "512",
    containerDefinitions: [{ name: "main", ...container }],
  });
  const { tasks: [started] = [] } = await ecs.runTask({
    taskDefinition: "who",
    launchType: "FARGATE",
    networkConfiguration: network,
  });
  return eventually("the task has stopped", async () => {
    const { tasks: [task] = [] } = await ecs.describeTasks({ tasks: [started?.taskArn ?? ""] });
    if (task?.lastStatus !== "STOPPED") return undefined;
    assert.equal(task.containers?.[0]?.exitCode, 7, `${task.stoppedReason} ${task.containers?.[0]?.reason}`);
    return task.containers[0]?.reason ?? "";
  });
}

test("an ordinary user with subordinate ids runs tasks as the users of their images", { skip }, async (t) => {
  const said = await runTaskAsOrdinaryUser(t, `${uid}:6000000:65536\n`);

  assert.equal(said, "Its last output: 1000 | 2000 | written");
});

test("an ordinary user without subordinate ids runs tasks as the one user that there is", { skip }, async (t) => {
  const said = await runTaskAsOrdinaryUser(t, "");

  assert.equal(said, "Its last output: 0 | 0 | written");
});
