import assert from "node:assert/strict";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import {
  CreateClusterCommand,
  type ContainerDefinition,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  type Service,
  type Task,
} from "@aws-sdk/client-ecs";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import type { CloudOptions } from "../../src/index.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { removeFolder } from "../../../../test/support/remove-folder.ts";
import { type LocalCloud, openLocalCloud } from "../local-cloud.ts";

/** Debian's static busybox: an image needs nothing else. */
const busybox = "/bin/busybox";

/** Why images cannot be made on this machine; false when they can. For `skip`. */
export const whyNoImages = (): string | false =>
  existsSync(busybox) ? false : "busybox-static is not on this machine";

/** A folder that is an image: busybox, and a page that tells its version. */
export function imageFolder(test: Pick<TestContext, "after">, version: string): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-image-"));
  test.after(() => removeFolder(folder));
  for (const name of ["bin", "www", "tmp"]) mkdirSync(join(folder, name));
  copyFileSync(busybox, join(folder, "bin/busybox"));
  for (const name of ["sh", "sleep", "cat", "id"]) copyFileSync(busybox, join(folder, "bin", name));
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, "www/index.html"), `version ${version} \n`);
  return folder;
}

/** A command that serves the image's page, and what it takes from the image to do it. */
export const serves = ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"];

/** Subnets of the default VPC. */
export const network = {
  awsvpcConfiguration: { subnets: ["subnet-0000000000000000a", "subnet-0000000000000000b"] },
};

/** A local cloud with a cluster, and shorter ways to ask it. */
export interface ContainerFixture {
  readonly cloud: LocalCloud;
  readonly ecs: ECSClient;
  readonly executionRole: string;
  /** Registers a task definition of Fargate's smallest size; gives its ARN. */
  readonly define: (
    family: string,
    containers: readonly ContainerDefinition[],
    more?: Partial<RegisterTaskDefinitionCommandInput>,
  ) => Promise<string>;
  readonly service: (name: string) => Promise<Service>;
  readonly tasks: (arns: readonly string[]) => Promise<readonly Task[]>;
  /** Waits until a service is as it should be. */
  readonly until: (name: string, what: string, holds: (service: Service) => boolean) => Promise<Service>;
}

/** Opens a local cloud with a cluster called `demo`. */
export async function openContainerFixture(
  test: TestContext,
  options: Partial<CloudOptions> = { driver: "ns" },
): Promise<ContainerFixture> {
  const cloud = await openLocalCloud(test, options);
  const fixture = await containerFixture(test, cloud);
  await fixture.ecs.send(new CreateClusterCommand({ clusterName: "demo" }));
  return fixture;
}

/** Shorter ways to ask a local cloud. */
export async function containerFixture(test: TestContext, cloud: LocalCloud): Promise<ContainerFixture> {
  const [ecs, iam] = [new ECSClient(cloud.client), new IAMClient(cloud.client)];
  test.after(() => ecs.destroy());
  test.after(() => iam.destroy());
  const executionRole = `arn:aws:iam::123456789012:role/execution`;
  await iam
    .send(new CreateRoleCommand({ RoleName: "execution", AssumeRolePolicyDocument: JSON.stringify(trust) }))
    .catch((error: Error) => assert.equal(error.name, "EntityAlreadyExistsException"));
  const service = async (name: string): Promise<Service> => {
    const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster: "demo", services: [name] }));
    return services[0] ?? assert.fail(`there is no service ${name}`);
  };
  return {
    cloud,
    ecs,
    executionRole,
    async define(family, containers, more = {}) {
      const { taskDefinition } = await ecs.send(
        new RegisterTaskDefinitionCommand({
          family,
          requiresCompatibilities: ["FARGATE"],
          networkMode: "awsvpc",
          cpu: "256",
          memory: "512",
          executionRoleArn: executionRole,
          containerDefinitions: [...containers],
          ...more,
        }),
      );
      return taskDefinition?.taskDefinitionArn ?? assert.fail("a task definition has an ARN");
    },
    service,
    async tasks(arns) {
      return (await ecs.send(new DescribeTasksCommand({ cluster: "demo", tasks: [...arns] }))).tasks ?? [];
    },
    until: (name, what, holds) =>
      eventually(`${name}: ${what}`, async () => {
        const found = await service(name);
        return holds(found) ? found : undefined;
      }),
  };
}

/** A trust policy for tasks. */
export const trust = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }],
};
