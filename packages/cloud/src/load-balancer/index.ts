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
} from "./configuration.ts";
export { afterProbe, type Health, unchecked } from "./health.ts";
export { Traffic, type TrafficOwner } from "./traffic.ts";
export type { Carrier } from "./data-plane.ts";
