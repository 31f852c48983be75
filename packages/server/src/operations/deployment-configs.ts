import type { MinimumHealthyHosts as GivenMinimum } from "@aws-sdk/client-codedeploy";
import type { MinimumHealthyHosts } from "@sluice/engine";
import { fault } from "../faults.ts";
import { newId } from "../random.ts";
import type { Store } from "../store/index.ts";
import { type CodeDeployOperations, date } from "./context.ts";
import { page } from "./page.ts";
import { predefinedConfigs } from "./predefined-configs.ts";

/** Custom configurations an account may have (api.md §5). */
const configsMax = 200;

/** The operations on deployment configurations (api.md §2.5). */
export const deploymentConfigOperations: CodeDeployOperations = {
  async CreateDeploymentConfig(
    { store, clock },
    {
      deploymentConfigName: name = "",
      minimumHealthyHosts,
      computePlatform = "Server",
      trafficRoutingConfig,
      zonalConfig,
    },
  ) {
    if (name.startsWith("CodeDeployDefault."))
      throw fault(
        "InvalidDeploymentConfigName",
        `"${name}" begins with CodeDeployDefault., which is kept for predefined configurations`,
      );
    if (computePlatform !== "Server")
      throw fault(
        "InvalidComputePlatform",
        `Custom configurations for ${computePlatform} are not served: only those for Server are`,
      );
    if (trafficRoutingConfig !== undefined)
      throw fault(
        "InvalidTrafficRoutingConfiguration",
        "Traffic routing configuration should be null for Server deployment configuration",
      );
    if (zonalConfig !== undefined)
      throw fault("InvalidZonalDeploymentConfiguration", "Zonal configurations are not served");
    const config = { id: newId(), name, minimumHealthyHosts: checkMinimum(minimumHealthyHosts), createTime: clock() };
    await store.write(() => {
      if (store.configs.byName(name) !== undefined)
        throw fault(
          "DeploymentConfigAlreadyExists",
          `A deployment configuration with the name "${name}" already exists`,
        );
      if (store.configs.names().length >= configsMax)
        throw fault("DeploymentConfigLimitExceeded", `More than ${configsMax} custom configurations are not allowed`);
      store.configs.add(config);
    });
    return { deploymentConfigId: config.id };
  },

  GetDeploymentConfig({ store }, { deploymentConfigName: name = "" }) {
    const predefined = predefinedConfigs.get(name);
    if (predefined !== undefined) {
      const { id, ...rest } = predefined;
      return { deploymentConfigInfo: { deploymentConfigId: id, deploymentConfigName: name, ...(rest as object) } }; // minimumHealthyHosts may be MOST_CONCURRENCY, which the SDK's enum lacks (api.md §3.7)
    }
    const config = store.configs.byName(name);
    if (config === undefined) throw unknownConfig(name);
    const { id, minimumHealthyHosts, createTime } = config;
    return {
      deploymentConfigInfo: {
        deploymentConfigId: id,
        deploymentConfigName: name,
        minimumHealthyHosts: minimumHealthyHosts as GivenMinimum, // custom configurations never are MOST_CONCURRENCY
        createTime: date(createTime),
        computePlatform: "Server",
      },
    };
  },

  ListDeploymentConfigs({ store }, { nextToken }) {
    const { items, nextToken: token } = page([...predefinedConfigs.keys(), ...store.configs.names()], nextToken);
    return { deploymentConfigsList: items, nextToken: token };
  },

  async DeleteDeploymentConfig({ store }, { deploymentConfigName: name = "" }) {
    if (predefinedConfigs.has(name)) throw fault("InvalidOperation", `"${name}" is predefined and cannot be deleted`);
    await store.write(() => {
      if (store.groups.using(name) > 0 || store.deployments.usesConfig(name))
        throw fault(
          "DeploymentConfigInUse",
          `The deployment configuration "${name}" is used by a deployment group or a deployment under way`,
        );
      store.configs.remove(name);
    });
  },
};

/** The minimum healthy hosts of a configuration for servers, by name. */
export function minimumHealthyHostsOf(store: Store, name: string): MinimumHealthyHosts {
  const predefined = predefinedConfigs.get(name);
  if (predefined !== undefined && predefined.minimumHealthyHosts === undefined)
    throw fault(
      "InvalidDeploymentConfigName",
      `Compute platform of deployment config ${name} does not match expected compute platform, correct compute platform should be Server.`,
    );
  const found = predefined?.minimumHealthyHosts ?? store.configs.byName(name)?.minimumHealthyHosts;
  if (found === undefined) throw unknownConfig(name);
  return found;
}

const unknownConfig = (name: string) =>
  fault("DeploymentConfigDoesNotExist", `No deployment configuration found for name: ${name}`);

function checkMinimum({ type, value }: GivenMinimum = {}): MinimumHealthyHosts {
  const refuse = (message: string) => fault("InvalidMinimumHealthyHostValue", message);
  if (type === undefined || value === undefined) throw refuse("minimum healthy hosts argument is missing");
  if (type !== "HOST_COUNT" && type !== "FLEET_PERCENT")
    throw refuse(`The type "${String(type)}" is not HOST_COUNT or FLEET_PERCENT`);
  if (!Number.isInteger(value) || value < 0) throw refuse(`The value ${value} is not a whole number from 0`);
  if (type === "FLEET_PERCENT" && value > 99)
    throw refuse(
      "The value for the minimum healthy hosts with type of FLEET_PERCENT should be positive and less than 100",
    );
  return { type, value };
}
