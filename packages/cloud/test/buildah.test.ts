import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { DescribeImagesCommand, ECRClient } from "@aws-sdk/client-ecr";
import { RunTaskCommand } from "@aws-sdk/client-ecs";
import { eventually } from "../../../test/support/eventually.ts";
import { removeFolder } from "../../../test/support/remove-folder.ts";
import { whyMissing } from "../../../test/support/why-missing.ts";
import { whyNoNamespaces } from "../../../test/support/why-no-namespaces.ts";
import { network, openContainerFixture, whyNoImages } from "./ecs/containers.ts";
import { newRepository } from "./registry-client.ts";

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;
const noRoot = isRoot ? false : "only root may build images without user namespaces";
const noBuildah = noRoot || whyNoImages() || (await whyMissing("buildah"));
const noPodman = noRoot || whyNoImages() || (await whyMissing("buildah", "podman"));

const containerfile = `FROM scratch
COPY busybox /bin/busybox
COPY --chown=1000:1000 greeting /srv/greeting
ENV GREETING=hello
WORKDIR /srv
USER 1000:1000
ENTRYPOINT ["/bin/busybox", "sh", "-c"]
CMD ["echo $GREETING $(/bin/busybox cat greeting) as $(/bin/busybox id -u); exit 7"]
`;

/** A local cloud with a repository `web`, and the programs that people build images with, logged in and with a storage of their own. */
async function openGround(t: TestContext, driver: "ns" | "plain" = "plain") {
  const fixture = await openContainerFixture(t, { driver });
  const { cloud } = fixture;
  const ecr = new ECRClient(cloud.client);
  t.after(() => ecr.destroy());
  await newRepository(ecr, "web");
  const folder = mkdtempSync(join(tmpdir(), "sluice-buildah-"));
  t.after(() => removeFolder(folder));
  const context = join(folder, "context");
  mkdirSync(context);
  copyFileSync("/bin/busybox", join(context, "busybox"));
  writeFileSync(join(context, "greeting"), "world");
  writeFileSync(join(context, "Containerfile"), containerfile);
  const { host } = new URL(cloud.url);
  const env = { PATH: process.env["PATH"], HOME: folder, REGISTRY_AUTH_FILE: join(folder, "auth.json") };
  const storage = [`--root=${folder}/storage`, `--runroot=${folder}/run`, "--storage-driver=vfs"];
  const program =
    (name: "buildah" | "podman") =>
    async (...words: readonly string[]) =>
      (await run(name, [...storage, ...words], { env })).stdout.trim();
  const [buildah, podman] = [program("buildah"), program("podman")];
  const password = await cloud.aws("ecr", "get-login-password");
  await buildah("login", "--tls-verify=false", "--username=AWS", `--password=${password}`, host);
  const build = (tag: string, ...more: readonly string[]) =>
    buildah("build", "--isolation=chroot", "--quiet", `--tag=${tag}`, ...more, context);
  return { ...fixture, ecr, host, buildah, podman, build };
}

test(
  "buildah builds an image and pushes it, and a task runs it",
  { skip: noBuildah || (await whyNoNamespaces()), timeout: 120_000 },
  async (t) => {
    const { ecs, define, tasks, host, buildah, build } = await openGround(t, "ns");
    await build(`${host}/web:1`);
    await buildah("push", "--quiet", "--tls-verify=false", `${host}/web:1`);

    const taskDefinition = await define("built", [{ name: "main", image: `${host}/web:1` }]);
    const started = await ecs.send(
      new RunTaskCommand({ cluster: "demo", taskDefinition, launchType: "FARGATE", networkConfiguration: network }),
    );
    const arn = started.tasks?.[0]?.taskArn ?? "";
    const task = await eventually("the task has stopped", async () => {
      const [found] = await tasks([arn]);
      return found?.lastStatus === "STOPPED" ? found : undefined;
    });

    const [container] = task.containers ?? [];
    assert.equal(container?.exitCode, 7, task.stoppedReason ?? "");
    assert.equal(container?.reason, "Its last output: hello world as 1000");
  },
);

test(
  "buildah pushes images for several processors behind one name, and pulls the one of this machine",
  { skip: noBuildah, timeout: 120_000 },
  async (t) => {
    const { ecr, host, buildah, build } = await openGround(t);
    await buildah("manifest", "create", "several");
    const here = process.arch === "arm64" ? "arm64" : "amd64";
    for (const architecture of [here, "riscv64"]) {
      await build(`web:${architecture}`, `--arch=${architecture}`);
      await buildah("manifest", "add", `--arch=${architecture}`, "several", `localhost/web:${architecture}`);
    }
    await buildah("manifest", "push", "--quiet", "--all", "--tls-verify=false", "several", `docker://${host}/web:all`);

    const pulled = await buildah("pull", "--quiet", "--tls-verify=false", `${host}/web:all`);

    const { OCIv1 } = JSON.parse(await buildah("inspect", "--type=image", pulled)) as {
      OCIv1: { architecture: string };
    }; // buildah's
    assert.equal(OCIv1.architecture, here);
    const { imageDetails = [] } = await ecr.send(new DescribeImagesCommand({ repositoryName: "web" }));
    assert.equal(imageDetails.length, 3);
  },
);

test(
  "podman pushes to one repository and another, and pulls what it has pushed",
  { skip: noPodman, timeout: 120_000 },
  async (t) => {
    const { ecr, host, podman, build } = await openGround(t);
    await newRepository(ecr, "team/web");
    await build(`${host}/web:1`);
    const id = await podman("image", "inspect", "--format={{.Id}}", `${host}/web:1`);
    await podman("push", "--quiet", "--tls-verify=false", `${host}/web:1`);
    await podman("push", "--quiet", "--tls-verify=false", `${host}/web:1`, `docker://${host}/team/web:1`); // its layers are mounted
    await podman(
      "push",
      "--quiet",
      "--tls-verify=false",
      "--format=v2s2",
      `${host}/web:1`,
      `docker://${host}/web:docker`,
    );
    await podman("rmi", "--force", id);

    const pulled = await podman("pull", "--quiet", "--tls-verify=false", `${host}/team/web:1`);

    assert.equal(pulled, id);
    const { imageDetails = [] } = await ecr.send(new DescribeImagesCommand({ repositoryName: "web" }));
    assert.deepEqual(
      imageDetails
        .map(({ imageTags, imageManifestMediaType }) => `${imageTags?.join()} ${imageManifestMediaType}`)
        .toSorted(),
      ["1 application/vnd.oci.image.manifest.v1+json", "docker application/vnd.docker.distribution.manifest.v2+json"],
    );
  },
);
