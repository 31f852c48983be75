import type { MinimumHealthyHosts } from "@sluice/engine";
import type { TrafficRoutingConfig } from "@aws-sdk/client-codedeploy";
import type { ConfigSettings, DeploymentConfig } from "../store/deployment-configs.ts";
import type { Store } from "../store/index.ts";

/** A configuration that every account has (api.md §4). */
interface PredefinedConfig extends ConfigSettings {
  readonly id: string;
}

const server = (number: number, type: MinimumHealthyHosts["type"], value: number): PredefinedConfig => ({
  id: idOf(number),
  computePlatform: "Server",
  minimumHealthyHosts: { type, value },
});
const routed = (
  number: number,
  computePlatform: "Lambda" | "ECS",
  trafficRoutingConfig: TrafficRoutingConfig,
): PredefinedConfig => ({
  id: idOf(number),
  computePlatform,
  trafficRoutingConfig,
});
const idOf = (number: number) => `00000000-0000-0000-0000-0000000000${String(number).padStart(2, "0")}`;
const allAtOnce: TrafficRoutingConfig = { type: "AllAtOnce" };
const canary = (minutes: number): TrafficRoutingConfig => ({
  type: "TimeBasedCanary",
  timeBasedCanary: { canaryPercentage: 10, canaryInterval: minutes },
});
const linear = (minutes: number): TrafficRoutingConfig => ({
  type: "TimeBasedLinear",
  timeBasedLinear: { linearPercentage: 10, linearInterval: minutes },
});

/** The predefined configurations. Ids beyond those that were seen follow the same pattern (inferred). */
const predefinedConfigs: ReadonlyMap<string, PredefinedConfig> = new Map(
  Object.entries({
    OneAtATime: server(1, "MOST_CONCURRENCY", 1),
    HalfAtATime: server(2, "FLEET_PERCENT", 50),
    AllAtOnce: server(3, "FLEET_PERCENT", 0),
    LambdaAllAtOnce: routed(4, "Lambda", allAtOnce),
    LambdaCanary10Percent5Minutes: routed(5, "Lambda", canary(5)),
    LambdaCanary10Percent10Minutes: routed(6, "Lambda", canary(10)),
    LambdaCanary10Percent15Minutes: routed(7, "Lambda", canary(15)),
    LambdaCanary10Percent30Minutes: routed(8, "Lambda", canary(30)),
    LambdaLinear10PercentEvery1Minute: routed(9, "Lambda", linear(1)),
    LambdaLinear10PercentEvery2Minutes: routed(10, "Lambda", linear(2)),
    LambdaLinear10PercentEvery3Minutes: routed(11, "Lambda", linear(3)),
    LambdaLinear10PercentEvery10Minutes: routed(12, "Lambda", linear(10)),
    ECSAllAtOnce: routed(20, "ECS", allAtOnce),
    ECSCanary10Percent5Minutes: routed(21, "ECS", canary(5)),
    ECSCanary10Percent15Minutes: routed(22, "ECS", canary(15)),
    ECSLinear10PercentEvery1Minutes: routed(23, "ECS", linear(1)),
    ECSLinear10PercentEvery3Minutes: routed(24, "ECS", linear(3)),
  }).map(([name, config]) => [`CodeDeployDefault.${name}`, config]),
);

/** Whether a configuration is one of AWS's own, which nobody can change, tag or delete. */
export const isPredefinedConfig = (name: string): boolean => predefinedConfigs.has(name);

/** The configuration of a name, predefined or custom. */
export function findConfig({ configs }: Pick<Store, "configs">, name: string): DeploymentConfig | undefined {
  const predefined = predefinedConfigs.get(name);
  return predefined === undefined ? configs.byName(name) : { name, ...predefined };
}

/** All names, the predefined ones first. */
export const configNames = ({ configs }: Pick<Store, "configs">): readonly string[] => [
  ...predefinedConfigs.keys(),
  ...configs.names(),
];
