import type { RequestListener } from "node:http";
import { defineService, type Service, serviceModel, accessesFromTable } from "@sluice/aws-protocol";
import { ecsAccesses } from "./accesses.ts";
import { clusterOperations } from "./clusters.ts";
import type { EcsContext } from "./context.ts";
import { definitionOperations } from "./definitions/definition-operations.ts";
import { type Definition, nameOf } from "./definitions/definition.ts";
import { executeCommandOperations } from "./execute-command.ts";
import { Kept } from "./kept.ts";
import { TaskKeeper } from "./running/task-keeper.ts";
import { taskMetadata } from "./running/task-metadata.ts";
import { type ScalableServices, scalableServices } from "./services/scalable-services.ts";
import { ServiceScheduler } from "./services/scheduler.ts";
import { type Service as ServiceRecord, serviceKey } from "./services/service.ts";
import { serviceOperations } from "./services/service-operations.ts";
import { taskSetOperations } from "./services/task-set-operations.ts";
import { tagOperations } from "./tags.ts";
import { taskOperations } from "./tasks/task-operations.ts";

export type { ScalableServices } from "./services/scalable-services.ts";
export type { TaskKeys, TaskRoles } from "./context.ts";

/** What ECS is opened with. */
export type EcsOptions = Omit<EcsContext, "clusters" | "definitions" | "services" | "tasks" | "wake" | "attend"> & {
  readonly onDefect: (error: unknown, about: string) => void;
};

/** ECS, open. */
export interface OpenEcs {
  readonly service: Service;
  /** What a task asks about itself. */
  readonly metadata: (taskId: string) => RequestListener;
  /** Whether a task that has not stopped is made of an image. */
  readonly usesImage: (digest: string) => boolean;
  readonly scalable: ScalableServices;
  /** Takes up what an earlier life has left, and begins to look after services; instances and traffic must be there. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Opens ECS on what the store holds of it. */
export function openEcs({ onDefect, ...given }: EcsOptions): OpenEcs {
  const context: EcsContext = {
    ...given,
    clusters: new Kept(given.db, "ecs-cluster", ({ name }) => name),
    definitions: new Kept<Definition>(given.db, "ecs-task-definition", nameOf),
    services: new Kept<ServiceRecord>(given.db, "ecs-service", serviceKey),
    tasks: new Kept(given.db, "ecs-task", ({ id }) => id),
    wake: (service) => scheduler.wake(service),
    attend: (taskId) => keeper.attend(taskId),
  };
  const keeper = new TaskKeeper(context, onDefect);
  const scheduler = new ServiceScheduler(context, onDefect);
  const live = () => context.tasks.all().filter(({ lastStatus }) => lastStatus !== "STOPPED");
  given.ec2.addresses.add(() => live().map(({ network }) => network.address));
  return {
    service: ecsService(context, onDefect),
    metadata: taskMetadata(context),
    scalable: scalableServices(context),
    usesImage: (digest) => live().some(({ containers }) => containers.some((one) => one.imageDigest === digest)),
    async start() {
      await keeper.start();
      scheduler.start();
    },
    async close() {
      await scheduler.close();
      await keeper.close();
    },
  };
}

function ecsService(context: EcsContext, onDefect: (error: unknown, requestId: string) => void): Service {
  return defineService({
    name: "ecs",
    model: serviceModel("ecs"),
    signingNames: ["ecs"],
    operations: {
      ...clusterOperations,
      ...definitionOperations,
      ...taskOperations,
      ...executeCommandOperations,
      ...serviceOperations,
      ...taskSetOperations,
      ...tagOperations,
    },
    context,
    accesses: accessesFromTable(ecsAccesses(context)),
    onDefect,
  });
}
