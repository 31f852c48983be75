import type { ClusterConfiguration, ClusterServiceConnectDefaults } from "@aws-sdk/client-ecs";
import type { CapacityProviderStrategyItem, ClusterSetting, Tag } from "@aws-sdk/client-ecs";

/** A cluster as it is stored. */
export interface Cluster {
  readonly name: string;
  /** One that has been deleted is known for a while. */
  readonly status: "ACTIVE" | "INACTIVE";
  readonly settings: readonly ClusterSetting[];
  readonly configuration?: ClusterConfiguration | undefined;
  readonly capacityProviders: readonly string[];
  readonly defaultStrategy: readonly CapacityProviderStrategyItem[];
  readonly serviceConnectDefaults?: ClusterServiceConnectDefaults | undefined;
  readonly tags: readonly Tag[];
}
