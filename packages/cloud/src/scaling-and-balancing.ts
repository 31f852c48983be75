import { Fault, printable, type Service } from "@sluice/aws-protocol";
import type { Instances } from "./instance/index.ts";
import type { ListenerCertificates } from "./listener-certificates.ts";
import { type DataPlaneKind, SharedDataPlane } from "./balancer/index.ts";
import { openAutoScaling, type TrafficSources as FleetTraffic } from "./service/auto-scaling/index.ts";
import { type ClassicBalancing, openClassicLoadBalancing } from "./service/load-balancing/classic/index.ts";
import { openCloudWatch } from "./service/cloud-watch/index.ts";
import type { Ec2Context } from "./service/ec2/index.ts";
import { type BalancedInstances, openLoadBalancing, type TargetGroups } from "./service/load-balancing/v2/index.ts";
import { openSns } from "./service/sns/index.ts";
import type { CloudDatabase } from "./store/database.ts";
import { TimeScale } from "./time-scale.ts";

interface ScalingAndBalancingOptions {
  readonly db: CloudDatabase;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
  readonly ec2: Ec2Context;
  readonly driver: Instances;
  /** How many of AWS's seconds pass in one of ours. */
  readonly timeScale: number;
  /** The certificates that listeners name. */
  readonly certificates: ListenerCertificates;
  /** What carries the traffic of load balancers. */
  readonly dataPlane: DataPlaneKind;
  /** The port of all services, once it is known. */
  readonly port: () => number;
  readonly onDefect: (error: unknown, requestId: string) => void;
}

/** The services that scale fleets, carry their traffic and watch it, and the traffic itself. */
export interface ScalingAndBalancing {
  readonly services: readonly Service[];
  /** For what registers targets by itself. */
  readonly targetGroups: TargetGroups;
  /** The state of an instance has changed. */
  instanceChanged(instanceId: string): void;
  /** The state that an instance of an Auto Scaling group is on its way to; undefined when it belongs to none. */
  readonly targetLifecycleState: (instanceId: string) => string | undefined;
  /** Starts to carry traffic and to scale groups once instances can be reached. Changes to what is carried wait until then. */
  start(reached: Promise<unknown>): Promise<void>;
  close(): Promise<void>;
}

/** Opens Auto Scaling, load balancers of both generations, CloudWatch, and SNS, which they notify by. */
export function openScalingAndBalancing(options: ScalingAndBalancingOptions): ScalingAndBalancing {
  const { ec2, driver, timeScale: scale, port, dataPlane, certificates, onDefect, ...account } = options;
  const common = { ...account, onDefect, timeScale: new TimeScale(scale) };
  const traffic = new SharedDataPlane({ onDefect, kind: dataPlane });
  const instances: BalancedInstances = {
    find: (id) => ec2.fleet.find(id),
    addressOf: (instance, wanted) => driver.addressOf(instance, wanted),
  };
  const balancing = openLoadBalancing({ ...common, dataPlane: traffic, instances, certificates });
  const classic = openClassicLoadBalancing({ ...common, dataPlane: traffic, instances });
  const sns = openSns({ ...common, port, note: (line) => console.error(printable(line)) });
  const autoScaling = openAutoScaling(
    {
      ...account,
      ec2,
      timeScale: common.timeScale,
      trafficSources: fleetTraffic(balancing.targetGroups, classic.balancing),
      publish: (arn, { subject, body }) => sns.publish(arn, { subject, message: body }),
    },
    onDefect,
  );
  const cloudWatch = openCloudWatch({
    ...common,
    publish: (topicArn, notice) => sns.publish(topicArn, notice),
    scale: (policyArn, about) => autoScaling.alarm(policyArn, about),
  });
  return {
    services: [autoScaling.service, balancing.service, classic.service, cloudWatch.service, ...sns.services],
    targetGroups: balancing.targetGroups,
    instanceChanged: (id) => autoScaling.instanceChanged(id),
    targetLifecycleState: (id) => autoScaling.targetState(id),
    async start(reached) {
      await traffic.start(reached.then(() => driver.enter()));
      autoScaling.start();
    },
    async close() {
      await autoScaling.close();
      for (const service of [sns, cloudWatch, classic.balancing, balancing]) service.close();
      await traffic.close();
    },
  };
}

/** Load balancers as Auto Scaling groups see them. */
function fleetTraffic(targetGroups: TargetGroups, classic: ClassicBalancing): FleetTraffic {
  return {
    check({ type, id }) {
      if (type === "elbv2" ? targetGroups.exists(id) : classic.find(id) !== undefined) return;
      throw new Fault(
        "ValidationError",
        `Provided Load Balancers or Target Groups may not be valid: '${id}' does not exist`,
      );
    },
    async register({ type, id }, instanceIds) {
      if (type === "elbv2") return targetGroups.register(id, instanceIds);
      const found = classic.find(id);
      if (found !== undefined) await classic.register(found, instanceIds);
    },
    async deregister({ type, id }, instanceIds) {
      if (type === "elbv2") return targetGroups.deregister(id, instanceIds);
      const found = classic.find(id);
      if (found !== undefined) await classic.deregister(found, instanceIds);
    },
    health: ({ type, id }, instanceId) =>
      type === "elbv2" ? targetGroups.healthOf(id, instanceId) : classic.healthOf(id, instanceId),
  };
}
