import type { Clients } from "../../gateways/clients.ts";
import type { EcsServiceTile, FunctionTile } from "../contract.ts";
import { allPages, withToken } from "./pages.ts";

/** How many services one question describes: AWS's limit. */
const servicesAtOnce = 10;

/** The functions with their aliases. */
export async function functions(clients: Clients): Promise<readonly FunctionTile[]> {
  const lambda = await clients.lambda();
  const found = await allPages(async (token) => {
    const { Functions, NextMarker } = await lambda.listFunctions(withToken("Marker", token));
    return { rows: Functions, next: NextMarker };
  });
  return Promise.all(
    found.map(async ({ FunctionName = "", Runtime, State }) => {
      const { Aliases = [] } = await lambda.listAliases({ FunctionName });
      return {
        name: FunctionName,
        runtime: Runtime,
        state: State,
        aliases: Aliases.map(({ Name = "", FunctionVersion = "", RoutingConfig }) => ({
          name: Name,
          weights: weightsOf(FunctionVersion, RoutingConfig?.AdditionalVersionWeights ?? {}),
        })),
      };
    }),
  );
}

/** Percent by version: the alias's own version has what the others leave. */
function weightsOf(version: string, others: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const shares = Object.entries(others).map(([other, share]) => [other, Math.round(share * 10_000) / 100] as const);
  const rest = shares.reduce((left, [, percent]) => left - percent, 100);
  return Object.fromEntries([[version, Math.round(rest * 100) / 100], ...shares]);
}

/** The services of all clusters with their task sets. */
export async function ecsServices(clients: Clients): Promise<readonly EcsServiceTile[]> {
  const ecs = await clients.ecs();
  const clusters = await allPages(async (token) => {
    const { clusterArns, nextToken } = await ecs.listClusters(withToken("nextToken", token));
    return { rows: clusterArns, next: nextToken };
  });
  const perCluster = await Promise.all(
    clusters.map(async (cluster) => {
      const arns = await allPages(async (token) => {
        const { serviceArns, nextToken } = await ecs.listServices({ cluster, ...withToken("nextToken", token) });
        return { rows: serviceArns, next: nextToken };
      });
      const described = [];
      for (let first = 0; first < arns.length; first += servicesAtOnce) {
        const { services = [] } = await ecs.describeServices({
          cluster,
          services: arns.slice(first, first + servicesAtOnce),
        });
        described.push(...services);
      }
      return described.map((service) => ({
        cluster: cluster.split("/").at(-1) ?? cluster,
        name: service.serviceName ?? "",
        arn: service.serviceArn ?? "",
        status: service.status ?? "unknown",
        desired: service.desiredCount ?? 0,
        running: service.runningCount ?? 0,
        pending: service.pendingCount ?? 0,
        taskSets: (service.taskSets ?? []).map((set) => ({
          id: set.id ?? "",
          status: set.status ?? "unknown",
          desired: set.computedDesiredCount ?? 0,
          running: set.runningCount ?? 0,
          pending: set.pendingCount ?? 0,
          taskDefinition: set.taskDefinition?.split("/").at(-1),
          externalId: set.externalId,
          stability: set.stabilityStatus,
        })),
      }));
    }),
  );
  return perCluster.flat();
}
