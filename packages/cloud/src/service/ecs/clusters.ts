import type { Cluster as DescribedCluster, ClusterField, Failure } from "@aws-sdk/client-ecs";
import { Fault } from "@sluice/aws-protocol";
import type { Cluster } from "./cluster.ts";
import type { EcsContext, EcsOperations } from "./context.ts";
import { checkedName, clusterArn, clusterNameOf, defaultCluster, invalid } from "./names.ts";
import { pageOf } from "./pagination.ts";
import { isPending } from "./tasks/task.ts";
import { checkedTags } from "./tag-rules.ts";

/** What capacity there is: no cluster here has instances of its own. */
const capacityProviders = ["FARGATE", "FARGATE_SPOT"];

/** Operations on clusters. */
export const clusterOperations: EcsOperations = {
  CreateCluster(context, input) {
    const name = checkedName("Cluster", input.clusterName ?? defaultCluster);
    const found = context.clusters.find(name);
    if (found?.status === "ACTIVE") return { cluster: describe(context, found) };
    const providers = checkedProviders(input.capacityProviders ?? []);
    const cluster: Cluster = {
      name,
      status: "ACTIVE",
      settings: input.settings ?? [{ name: "containerInsights", value: "disabled" }],
      configuration: input.configuration,
      capacityProviders: providers,
      defaultStrategy: input.defaultCapacityProviderStrategy ?? [],
      serviceConnectDefaults: undefined,
      tags: checkedTags(input.tags),
    };
    context.clusters.put(cluster);
    return { cluster: describe(context, cluster, ["TAGS"]) };
  },

  DescribeClusters(context, { clusters = [defaultCluster], include }) {
    if (clusters.length > 100) throw invalid("Clusters cannot have more than 100 elements.");
    const found = clusters.map((given) => {
      const name = clusterNameOf(context, given);
      return { arn: clusterArn(context, name), cluster: context.clusters.find(name) };
    });
    return {
      clusters: found.flatMap(({ cluster }) => (cluster === undefined ? [] : [describe(context, cluster, include)])),
      failures: found.flatMap(({ arn, cluster }): Failure[] =>
        cluster === undefined ? [{ arn, reason: "MISSING" }] : [],
      ),
    };
  },

  ListClusters(context, input) {
    const active = context.clusters.all().filter(({ status }) => status === "ACTIVE");
    const { items, next } = pageOf(active, input);
    return { clusterArns: items.map(({ name }) => clusterArn(context, name)), nextToken: next };
  },

  DeleteCluster(context, { cluster }) {
    const found = clusterOf(context, cluster);
    const services = context.services.all().filter((service) => service.cluster === found.name);
    if (services.some(({ status }) => status !== "INACTIVE"))
      throw new Fault("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.");
    if (context.tasks.all().some((task) => task.cluster === found.name && task.lastStatus !== "STOPPED"))
      throw new Fault("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.");
    const deleted: Cluster = { ...found, status: "INACTIVE" };
    context.clusters.put(deleted);
    return { cluster: describe(context, deleted) };
  },

  UpdateCluster: (context, { cluster, settings, configuration, serviceConnectDefaults }) =>
    change(context, cluster, (found) => ({
      settings: settings ?? found.settings,
      configuration: configuration ?? found.configuration,
      serviceConnectDefaults: serviceConnectDefaults ?? found.serviceConnectDefaults,
    })),

  UpdateClusterSettings: (context, { cluster, settings = [] }) => change(context, cluster, () => ({ settings })),

  PutClusterCapacityProviders: (context, input) =>
    change(context, input.cluster, () => ({
      capacityProviders: checkedProviders(input.capacityProviders ?? []),
      defaultStrategy: input.defaultCapacityProviderStrategy ?? [],
    })),

  DescribeCapacityProviders(_context, { capacityProviders: wanted = capacityProviders }) {
    const isKnown = (name: string) => capacityProviders.includes(name);
    return {
      capacityProviders: wanted.filter(isKnown).map((name) => ({ name, status: "ACTIVE" as const })),
      failures: wanted.filter((name) => !isKnown(name)).map((arn) => ({ arn, reason: "MISSING" })),
    };
  },

  // Nothing but Fargate runs tasks here: no cluster has instances.
  ListContainerInstances(context, { cluster }) {
    clusterOf(context, cluster);
    return { containerInstanceArns: [] };
  },

  DescribeContainerInstances(context, { cluster, containerInstances = [] }) {
    clusterOf(context, cluster);
    return { containerInstances: [], failures: containerInstances.map((arn) => ({ arn, reason: "MISSING" })) };
  },
};

/** Returns the cluster that a name or an ARN tells; throws a Fault when there is none, or it has been deleted. */
export function clusterOf(context: EcsContext, cluster?: string): Cluster {
  const found = context.clusters.find(clusterNameOf(context, cluster));
  if (found === undefined) throw new Fault("ClusterNotFoundException", "Cluster not found.");
  if (found.status === "INACTIVE") throw new Fault("ClusterNotFoundException", "Cluster not found.");
  return found;
}

function change(context: EcsContext, name: string | undefined, fields: (found: Cluster) => Partial<Cluster>) {
  const found = clusterOf(context, name);
  const changed = { ...found, ...fields(found) };
  context.clusters.put(changed);
  return { cluster: describe(context, changed) };
}

function checkedProviders(providers: readonly string[]): readonly string[] {
  const unknown = providers.find((name) => !capacityProviders.includes(name));
  if (unknown !== undefined)
    throw invalid(
      `The specified capacity provider ${unknown} was not found. The local cloud has ${capacityProviders.join(" and ")}.`,
    );
  return providers;
}

function describe(context: EcsContext, cluster: Cluster, include: readonly ClusterField[] = []): DescribedCluster {
  const { name, status } = cluster;
  const tasks = context.tasks.all().filter((task) => task.cluster === name);
  const services = context.services.all().filter((service) => service.cluster === name);
  return {
    clusterArn: clusterArn(context, name),
    clusterName: name,
    status,
    registeredContainerInstancesCount: 0,
    runningTasksCount: tasks.filter(({ lastStatus }) => lastStatus === "RUNNING").length,
    pendingTasksCount: tasks.filter(isPending).length,
    activeServicesCount: services.filter((service) => service.status === "ACTIVE").length,
    statistics: [],
    tags: include.includes("TAGS") ? [...cluster.tags] : [],
    settings: [...cluster.settings],
    configuration: include.includes("CONFIGURATIONS") ? cluster.configuration : undefined,
    capacityProviders: [...cluster.capacityProviders],
    defaultCapacityProviderStrategy: [...cluster.defaultStrategy],
    serviceConnectDefaults: cluster.serviceConnectDefaults,
  };
}
