import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { type ContainerDefinition, RunTaskCommand, type Task } from "@aws-sdk/client-ecs";
import { eventually } from "../../../../test/support/eventually.ts";
import { whyNoNamespaces } from "../../../../test/support/why-no-namespaces.ts";
import { type ContainerFixture, imageFolder, network, openContainerFixture, whyNoImages } from "./containers.ts";

const skip = whyNoImages() || (await whyNoNamespaces());

/** Runs a task of containers that share two volumes, until it has ended. */
async function run(fixture: ContainerFixture, containers: readonly ContainerDefinition[]): Promise<Task> {
  const definition = await fixture.define("hostile", containers, { volumes: [{ name: "one" }, { name: "two" }] });
  const { tasks = [] } = await fixture.ecs.send(
    new RunTaskCommand({
      ...{ cluster: "demo", taskDefinition: definition, launchType: "FARGATE", networkConfiguration: network },
    }),
  );
  const arn = tasks[0]?.taskArn ?? assert.fail("a task was started");
  return eventually("the task has ended", async () => {
    const [found] = await fixture.tasks([arn]);
    return found?.lastStatus === "STOPPED" ? found : undefined;
  });
}

/** A container of an image with a link in it. */
function container(
  t: TestContext,
  script: string,
  {
    link,
    ...more
  }: Partial<ContainerDefinition> & { readonly link?: readonly [from: string, to: string] | undefined } = {},
): ContainerDefinition {
  const folder = imageFolder(t, "1");
  if (link !== undefined) symlinkSync(link[1], join(folder, link[0]));
  return { name: "main", image: `file:${folder}`, command: ["/bin/sh", "-c", script], stopTimeout: 2, ...more };
}

const at = (...paths: readonly string[]) =>
  paths.map((containerPath, index) => ({ sourceVolume: index === 0 ? "one" : "two", containerPath }));

/** What a container would see of the machine. */
const look = "echo /.sluice/old/* /.sluice/volumes/*; exit 3";

test(
  "whatever a volume's place leads to, a container sees nothing of the machine, and what begins it runs nothing else",
  { skip },
  async (t) => {
    const fixture = await openContainerFixture(t);
    const refused = /a volume cannot be mounted at|ead-only file system|cannot create directory/i;
    const tries = [
      { mountPoints: at("/.sluice/old") },
      { mountPoints: at("/data"), link: ["data", "/.sluice/old"] },
      { mountPoints: at("/data"), link: ["data", "/.sluice/bin"] },
      { mountPoints: at("/data"), link: ["data", "../../.sluice"] },
      { mountPoints: at("/data/volumes"), link: ["data", "/proc/self/root/.sluice"] },
      { mountPoints: at("/tmp/../.sluice/lib") },
      { mountPoints: at("/") },
      { mountPoints: at("/proc/sys") },
    ] as const;
    for (const one of tries) {
      const task = await run(fixture, [container(t, look, { ...one, mountPoints: [...one.mountPoints] })]);
      assert.match(task.containers?.[0]?.reason ?? "", refused, JSON.stringify([one, task.containers]));
    }

    const made = container(t, look, { mountPoints: at("/data/made/here"), link: ["data", "/.sluice/old/mnt"] });
    const task = await run(fixture, [made]);
    assert.match(task.containers?.[0]?.reason ?? "", refused);
  },
);

test("links that lead within the container are followed, and what is read-only stays so", { skip }, async (t) => {
  const fixture = await openContainerFixture(t);
  const script =
    "echo found > /tmp/file; cat /data/file; echo x > /fixed/file; echo /.sluice/old/* /.sluice/volumes/*; exit 3";
  const [one, two] = at("/data", "/fixed");
  const mountPoints = [one ?? assert.fail(), { ...two, readOnly: true }];

  const task = await run(fixture, [container(t, script, { mountPoints, link: ["data", "/tmp"] })]);

  assert.match(
    task.containers?.[0]?.reason ?? "",
    /^Its last output: found \| .*can't create \/fixed\/file: Read-only file system \| \/.sluice\/old\/\* \/.sluice\/volumes\/\*$/,
  );
});

test("a link that one container lays in a volume leads another one's volume nowhere else", { skip }, async (t) => {
  const fixture = await openContainerFixture(t);
  const first = container(t, "/bin/busybox ln -s /.sluice /shared/x", {
    ...{ name: "first", essential: false, mountPoints: at("/shared") },
  });
  const main = container(t, look, {
    mountPoints: at("/shared", "/shared/x/bin"),
    dependsOn: [{ containerName: "first", condition: "SUCCESS" }],
  });

  const task = await run(fixture, [first, main]);

  const found = task.containers?.find(({ name }) => name === "main");
  assert.match(found?.reason ?? "", /a volume cannot be mounted at \/shared\/x\/bin, which is \/\.sluice\/bin/);
});

test("root of a container has the rights that Docker gives, over its own, and no way to more", { skip }, async (t) => {
  const fixture = await openContainerFixture(t);
  const tries = [
    "mount -t tmpfs x /tmp",
    "mount -o remount,bind,rw /.sluice && mkdir /.sluice/x",
    "umount /.sluice",
    "umount -l /proc",
    "mv /.sluice /x",
    "rm -rf /.sluice/bin",
    "unshare -Ur id",
    "unshare -m id",
    "nsenter -t 1 -m id",
    "chroot /proc/1/cwd/.. sh -c 'ls /etc/shadow'",
    "sh -c 'echo 1 > /proc/sys/user/max_user_namespaces'",
    "sh -c 'echo x > /proc/sys/kernel/core_pattern'",
    "sh -c 'echo b > /proc/sysrq-trigger'",
    "cat /proc/kcore",
    "ip link add d0 type dummy",
    "ip addr add 172.31.0.1/32 dev eth0",
    "sh -c 'mknod /tmp/sda b 8 0 && cat /tmp/sda'",
    "ls /sys/fs/cgroup/memory",
    "mount -t cgroup2 x /tmp",
    "hostname other",
  ];
  const script = tries
    .map((one, index) => `(/bin/busybox ${one}) > /dev/null 2>&1 && done="$done ${index}"`)
    .join("\n");

  const task = await run(fixture, [container(t, `${script}\necho done: $done; exit 3`)]);

  assert.equal(task.containers?.[0]?.reason, "Its last output: done:");
});
