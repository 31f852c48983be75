import type { Service } from "@sluice/aws-protocol";
import { type Images, openImages, unpackedFolder, type UnpackedImage } from "./images/index.ts";
import { type DeferredDriver, stateFolderOf } from "./instance/index.ts";
import { applicationAutoScalingService } from "./service/application-auto-scaling/index.ts";
import { type EcrOptions, type OpenEcr, openEcr, type Vault } from "./service/ecr/index.ts";
import { type EcsOptions, type OpenEcs, openEcs } from "./service/ecs/index.ts";
import { roleRefusal, uniqueIdOf } from "./service/iam/index.ts";
import { parameterReader } from "./service/ssm/index.ts";
import { assumeRoleAsService, type StsContext } from "./service/sts/index.ts";
import { Records } from "./store/records.ts";
import type { ScalingAndBalancing } from "./scaling-and-balancing.ts";
import { TimeScale } from "./time-scale.ts";

/** What a registry needs to know of access keys. */
export interface RegistryKeys {
  find(accessKeyId: string): { readonly expiresAt?: number | undefined } | undefined;
  /** Seals the passwords that stand for them. */
  readonly vault: Vault;
}

/** What tasks and their images are opened with. */
export interface ContainersOptions extends Pick<
  EcsOptions,
  "db" | "clock" | "region" | "accountId" | "ec2" | "logs" | "onDefect"
> {
  readonly dataFolder: string;
  readonly driver: DeferredDriver;
  readonly timeScale: number;
  /** Whether roles that services act with are asked for what first steps should not need. */
  readonly actsWithServiceRoles: boolean;
  readonly keys: RegistryKeys;
}

interface Surroundings {
  readonly sts: StsContext;
  readonly scaling: ScalingAndBalancing;
  readonly port: () => number;
}

/** Tasks, and the registry that their images come from. */
export interface OpenContainers extends Pick<OpenEcs, "metadata" | "start" | "close"> {
  readonly services: readonly Service[];
}

/** How often unpacked images are looked for that nobody needs any more, in milliseconds. */
const sweepMilliseconds = 24 * 3_600_000;

/** Opens ECS, whose tasks have addresses among the instances', act with their roles and answer the load balancers; and ECR. */
export function openContainers(options: ContainersOptions, surroundings: Surroundings): OpenContainers {
  const { driver, timeScale, db, clock, region, accountId, ec2, logs, onDefect } = options;
  const common = { db, clock, region, accountId, ec2, logs, onDefect };
  const { sts, scaling, port } = surroundings;
  const ecr = openRegistry(options, sts);
  const images = imagesOf(options, ecr, port);
  const ecs = openEcs({
    ...common,
    images,
    pullsAsRole: options.actsWithServiceRoles,
    targetGroups: scaling.targetGroups,
    timeScale: new TimeScale(timeScale),
    driver: () => driver.tasks(),
    endpoint: () => `http://${driver.endpointAddress()}:${port()}`,
    parameter: parameterReader(common),
    roles: {
      keys: async (roleArn, sessionName) =>
        (await assumeRoleAsService(sts, "ecs-tasks.amazonaws.com", { roleArn, sessionName })).key,
      refusal: (roleArn, access) => roleRefusal(sts.records, roleArn, access),
    },
  });
  const sweep = () =>
    void images.sweep(ecs.usesImage).catch((error: unknown) => {
      if (!isAborted(error)) onDefect(error, "unpacked images");
    });
  let sweeper: NodeJS.Timeout | undefined;
  return {
    services: [
      ecs.service,
      ...ecr.services,
      applicationAutoScalingService({ db, clock, region, accountId, services: ecs.scalable }, onDefect),
    ],
    metadata: ecs.metadata,
    async start() {
      await ecs.start();
      sweep();
      sweeper = setInterval(sweep, sweepMilliseconds).unref();
    },
    async close() {
      clearInterval(sweeper);
      images.close();
      await ecs.close();
      ecr.close();
    },
  };
}

/** Whether work was given up because the cloud closes. */
const isAborted = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";

function openRegistry(
  { keys, ...common }: Omit<EcrOptions, "vault" | "keyExpiresAt" | "uniqueIdOf"> & { readonly keys: RegistryKeys },
  sts: StsContext,
): OpenEcr {
  return openEcr({
    ...common,
    vault: keys.vault,
    keyExpiresAt: (accessKeyId) => keys.find(accessKeyId)?.expiresAt,
    uniqueIdOf: (arn) => uniqueIdOf(sts.records, arn),
  });
}

/** The images that tasks are made of, unpacked where the driver sees them. */
function imagesOf(
  { db, clock, region, accountId, dataFolder, driver }: ContainersOptions,
  ecr: OpenEcr,
  port: () => number,
): Images {
  return openImages({
    clock,
    region,
    accountId,
    port,
    ecr: ecr.context,
    unpacked: new Records<UnpackedImage>(db, "unpacked image"),
    folder: unpackedFolder(stateFolderOf(dataFolder)),
    unpackAs: () => driver.unpackAs(),
  });
}
