export type {
  Action,
  Check,
  Condition,
  Configuration,
  Group,
  Listener,
  ProbeOutcome,
  Rule,
  Target,
  Tls,
} from "./control/configuration.ts";
export { afterProbe, type Health, unchecked } from "./control/health.ts";
export { Traffic, type TrafficOwner } from "./control/traffic.ts";
export type { Carrier } from "./control/data-plane.ts";
