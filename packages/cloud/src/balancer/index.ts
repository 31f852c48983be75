export type {
  Action,
  Check,
  Condition,
  BalancerConfiguration,
  TargetGroup,
  Listener,
  ProbeResult,
  Rule,
  Target,
  Tls,
} from "./control/configuration.ts";
export { afterProbe, type Health, unchecked } from "./control/health.ts";
export { SharedDataPlane, type DataPlaneUser } from "./control/shared-data-plane.ts";
export type { DataPlaneKind } from "./control/data-plane.ts";
