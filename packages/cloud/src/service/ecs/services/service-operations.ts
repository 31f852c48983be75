import type { Failure } from "@aws-sdk/client-ecs";
import { clusterOf } from "../clusters.ts";
import type { EcsOperations } from "../context.ts";
import { invalid, serviceArn, serviceNameOf } from "../names.ts";
import { pageOf } from "../pagination.ts";
import { newService } from "./create-service.ts";
import { describeService } from "./describe-service.ts";
import { activeServiceOf } from "./find-service.ts";
import { type Service, serviceKey } from "./service.ts";
import { updatedService } from "./update-service.ts";

/** Services that are described at once: ECS's own limit. */
const describeMax = 10;

/** Operations on services. */
export const serviceOperations: EcsOperations = {
  CreateService({ call, ...context }, input) {
    const service = newService(context, call.principal.arn, input);
    context.services.put(service);
    context.wake(service);
    return { service: describeService(context, service, true) };
  },

  UpdateService(context, input) {
    const service = updatedService(context, activeServiceOf(context, input), input);
    context.services.put(service);
    context.wake(service);
    return { service: describeService(context, service) };
  },

  DeleteService(context, { cluster, service, force = false }) {
    const found = activeServiceOf(context, { cluster, service });
    if (!force && found.desiredCount > 0 && found.taskSets.length > 0)
      throw invalid("The service cannot be stopped while it is scaled above 0.");
    const draining: Service = {
      ...found,
      status: "DRAINING",
      desiredCount: 0,
      taskSets: found.taskSets.map((set) => ({ ...set, status: "DRAINING" as const })),
    };
    context.services.put(draining);
    context.wake(draining);
    return { service: describeService(context, draining) };
  },

  DescribeServices(context, { cluster, services = [], include = [] }) {
    const { name: clusterName } = clusterOf(context, cluster);
    if (services.length === 0) throw invalid("Services cannot be empty.");
    if (services.length > describeMax) throw invalid(`Services cannot have more than ${describeMax} elements.`);
    const found = services.map((given) => {
      const name = { cluster: clusterName, name: serviceNameOf(context, given) };
      return { arn: serviceArn(context, name), service: context.services.find(serviceKey(name)) };
    });
    return {
      services: found.flatMap(({ service }) =>
        service === undefined ? [] : [describeService(context, service, include.includes("TAGS"))],
      ),
      failures: found.flatMap(({ arn, service }): Failure[] =>
        service === undefined ? [{ arn, reason: "MISSING" }] : [],
      ),
    };
  },

  ListServices(context, { cluster, launchType, schedulingStrategy, maxResults = 10, nextToken }) {
    const { name } = clusterOf(context, cluster);
    const found = context.services
      .all()
      .filter((service) => service.cluster === name && service.status !== "INACTIVE")
      .filter((service) => launchType === undefined || service.launchType === launchType)
      .filter((service) => schedulingStrategy === undefined || service.schedulingStrategy === schedulingStrategy);
    const { items, next } = pageOf(found, { maxResults, nextToken });
    return { serviceArns: items.map((service) => serviceArn(context, service)), nextToken: next };
  },
};
