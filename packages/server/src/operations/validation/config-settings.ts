import type {
  MinimumHealthyHosts as GivenMinimum,
  TrafficRoutingConfig,
  ZonalConfig,
} from "@aws-sdk/client-codedeploy";
import type { MinimumHealthyHosts } from "@sluice/engine";
import { fault } from "../../faults.ts";
import { awsFault } from "./aws-texts.ts";

/** Two days: the longest that traffic may take to move. */
const minutesMax = 2880;
const percentMax = 99;

/** Checks the minimum healthy hosts of a configuration for servers. */
export function checkMinimum({ type, value }: GivenMinimum = {}): MinimumHealthyHosts {
  const refuse = (message: string) => fault("InvalidMinimumHealthyHostValue", message);
  if (type === undefined || value === undefined) throw awsFault("minimumMissing");
  if (type !== "HOST_COUNT" && type !== "FLEET_PERCENT")
    throw refuse(`The type is "${String(type)}", and must be HOST_COUNT or FLEET_PERCENT`);
  if (!Number.isSafeInteger(value) || value < 0)
    throw refuse(`The value is ${value}, and must be a whole number of at least 0`);
  if (type === "FLEET_PERCENT" && value > percentMax) throw awsFault("minimumPercent");
  return { type, value };
}

/** Checks the traffic routing of a configuration for Lambda or ECS. */
export function checkRouting(given: TrafficRoutingConfig | undefined): TrafficRoutingConfig {
  const refuse = (message: string) => fault("InvalidTrafficRoutingConfiguration", message);
  const { type, timeBasedCanary, timeBasedLinear } = given ?? {};
  if (type === undefined) throw awsFault("routingMissing");
  if (type !== "AllAtOnce" && type !== "TimeBasedCanary" && type !== "TimeBasedLinear")
    throw refuse(`The type is "${String(type)}", and must be TimeBasedCanary, TimeBasedLinear or AllAtOnce`);
  if (timeBasedCanary !== undefined && type !== "TimeBasedCanary")
    throw awsFault("routingOfOtherType", { block: "TimeBasedCanary", type });
  if (timeBasedLinear !== undefined && type !== "TimeBasedLinear")
    throw awsFault("routingOfOtherType", { block: "TimeBasedLinear", type });
  if (type === "AllAtOnce") return { type };
  const [percentage, interval] =
    type === "TimeBasedCanary"
      ? [timeBasedCanary?.canaryPercentage, timeBasedCanary?.canaryInterval]
      : [timeBasedLinear?.linearPercentage, timeBasedLinear?.linearInterval];
  if (percentage === undefined || interval === undefined)
    throw refuse(`The type ${type} requires a percentage and an interval in its block`);
  if (!isWithin(percentage, percentMax)) throw awsFault("routingPercentage");
  if (type === "TimeBasedCanary") {
    if (!isWithin(interval, minutesMax)) throw awsFault("canaryInterval");
    return { type, timeBasedCanary: { canaryPercentage: percentage, canaryInterval: interval } };
  }
  if (!isWithin(interval, minutesMax) || interval * Math.floor(100 / percentage) > minutesMax)
    throw awsFault("linearInterval");
  return { type, timeBasedLinear: { linearPercentage: percentage, linearInterval: interval } };
}

/** Checks the zonal configuration. */
export function checkZonal(given: ZonalConfig): ZonalConfig {
  const refuse = (message: string) => fault("InvalidZonalDeploymentConfiguration", message);
  const { type, value } = given.minimumHealthyHostsPerZone ?? {};
  for (const name of ["firstZoneMonitorDurationInSeconds", "monitorDurationInSeconds"] as const) {
    const seconds = given[name];
    if (seconds !== undefined && (!Number.isSafeInteger(seconds) || seconds < 0))
      throw refuse(`"${name}" is ${seconds}, and must be a whole number of at least 0`);
  }
  if (given.minimumHealthyHostsPerZone === undefined) return given;
  if ((type !== "HOST_COUNT" && type !== "FLEET_PERCENT") || value === undefined)
    throw refuse("minimumHealthyHostsPerZone requires a type, HOST_COUNT or FLEET_PERCENT, and a value");
  if (!Number.isSafeInteger(value) || value < 0)
    throw refuse(`The value is ${value}, and must be a whole number of at least 0`);
  if (type === "FLEET_PERCENT" && value > percentMax) throw awsFault("zonalPercent");
  return given;
}

const isWithin = (value: number, most: number): boolean => Number.isSafeInteger(value) && value >= 1 && value <= most;
