import type { CreateDeploymentConfigInput, MinimumHealthyHosts as GivenMinimum } from "@aws-sdk/client-codedeploy";
import { quotas } from "../limits.ts";
import { fault } from "../faults.ts";
import { newId } from "../random.ts";
import { configNames, findConfig, isPredefinedConfig } from "../deployment/predefined-configs.ts";
import type { ConfigSettings, DeploymentConfig } from "../store/deployment-configs.ts";
import type { Store } from "../store/index.ts";
import { checkMinimum, checkRouting, checkZonal } from "./validation/config-settings.ts";
import { type CodeDeployOperations, date } from "./context.ts";
import { awsFault } from "./validation/aws-texts.ts";
import { page } from "./pagination.ts";

/** The operations on deployment configurations (api.md §2.5). */
export const deploymentConfigOperations = {
  async CreateDeploymentConfig({ store, clock }, input) {
    const { deploymentConfigName: name = "" } = input;
    if (name.startsWith("CodeDeployDefault."))
      throw fault(
        "InvalidDeploymentConfigName",
        `"${name}" begins with CodeDeployDefault., which is kept for predefined configurations`,
      );
    const config = { id: newId(), name, ...settingsOf(input), createTime: clock() };
    await store.write(() => {
      if (findConfig(store, name) !== undefined)
        throw fault(
          "DeploymentConfigAlreadyExists",
          `A deployment configuration with the name "${name}" already exists`,
        );
      if (store.configs.customCount() >= quotas.customConfigs)
        throw fault(
          "DeploymentConfigLimitExceeded",
          `More than ${quotas.customConfigs} custom configurations are not allowed`,
        );
      store.configs.add(config);
    });
    return { deploymentConfigId: config.id };
  },

  GetDeploymentConfig: ({ store }, { deploymentConfigName: name = "" }) => ({
    deploymentConfigInfo: infoOf(configOf(store, name)),
  }),

  ListDeploymentConfigs({ store }, { nextToken }) {
    const { items, nextToken: token } = page(configNames(store), nextToken, ["configs"]);
    return { deploymentConfigsList: items, nextToken: token };
  },

  async DeleteDeploymentConfig({ store }, { deploymentConfigName: name = "" }) {
    if (isPredefinedConfig(name)) throw fault("InvalidOperation", `"${name}" is predefined and cannot be deleted`);
    // Unknown names are not refused: the operation lists no fault for them (api.md §2.5).
    await store.write(() => {
      if (store.groups.using(name) > 0 || store.deployments.usesConfig(name))
        throw fault(
          "DeploymentConfigInUse",
          `The deployment configuration "${name}" is used by a deployment group or a deployment under way`,
        );
      store.configs.remove(name);
    });
  },
} satisfies CodeDeployOperations;

/** The configuration of a name. */
export function configOf(store: Store, name: string): DeploymentConfig {
  const config = findConfig(store, name);
  if (config === undefined)
    throw fault("DeploymentConfigDoesNotExist", `No deployment configuration found for name: ${name}`);
  return config;
}

/** The configuration of a name, for a group or a deployment of this platform. */
export function configFor(store: Store, name: string, platform: ConfigSettings["computePlatform"]): DeploymentConfig {
  const config = configOf(store, name);
  if (config.computePlatform !== platform) throw awsFault("configOfOtherPlatform", { config: name, platform });
  return config;
}

function settingsOf(input: CreateDeploymentConfigInput): ConfigSettings {
  const { computePlatform = "Server", minimumHealthyHosts, trafficRoutingConfig, zonalConfig } = input;
  if (computePlatform === "Server") {
    const minimum = checkMinimum(minimumHealthyHosts);
    if (trafficRoutingConfig !== undefined) throw awsFault("routingNotForServer");
    return {
      computePlatform,
      minimumHealthyHosts: minimum,
      zonalConfig: zonalConfig === undefined ? undefined : checkZonal(zonalConfig),
    };
  }
  if (minimumHealthyHosts !== undefined) throw awsFault("minimumNotForPlatform", { platform: computePlatform });
  if (zonalConfig !== undefined) throw awsFault("zonalNotForPlatform");
  return { computePlatform, trafficRoutingConfig: checkRouting(trafficRoutingConfig) };
}

const infoOf = ({ id, name, createTime, minimumHealthyHosts, ...settings }: DeploymentConfig) => ({
  deploymentConfigId: id,
  deploymentConfigName: name,
  ...settings,
  // MOST_CONCURRENCY is no value of the SDK's enum, and AWS answers with it (api.md §3.7).
  minimumHealthyHosts: minimumHealthyHosts as GivenMinimum | undefined,
  createTime: date(createTime),
});
