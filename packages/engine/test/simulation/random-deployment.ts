// What a seed decides about a deployment before it begins.
import {
  type AlarmReading,
  type BlueGreen,
  type Deployment,
  type FleetQuery,
  type FleetMember,
  type MinimumHealthyHosts,
  newDeployment,
  type World,
  type ZonalConfiguration,
} from "../../src/index.ts";
import type { Random } from "./random.ts";

const second = 1000;
const minute = 60 * second;

/** The hosts of a deployment, as each look finds them: those that the group selects, and those that replace them. */
export type SimulatedFleets = Readonly<Record<FleetQuery, readonly FleetMember[]>>;

/** The kinds that have hosts. */
type ServerKind = Exclude<Deployment["kind"], "lambda" | "ecs">;

/** A made-up deployment and its hosts. */
export function randomDeployment(random: Random): { readonly world: World; readonly fleets: SimulatedFleets } {
  const kind: ServerKind = random.chance(0.55)
    ? "in-place"
    : random.pick(["blue-green", "blue-green", "blue-green", "reroute", "launch", "termination"]);
  const fleets = randomFleets(random, kind);
  const deployment = newDeployment({
    id: "d-1",
    createTime: 0,
    kind,
    minimumHealthyHosts: randomMinimum(random),
    ignoreApplicationStopFailures: random.chance(0.3),
    alarms: random.chance(0.25) ? { names: ["errors"], ignorePollAlarmFailure: random.chance(0.5) } : undefined,
    balancers: random.chance(kind === "in-place" ? 0.3 : 0.8) ? { targetGroups: ["web"], classic: [] } : undefined,
    ...randomSettings(random, kind, fleets),
  });
  return { world: { now: 0, deployment, targets: [], reports: [], instanceStates: {} }, fleets };
}

/** What only one kind of deployment has. */
function randomSettings(
  random: Random,
  kind: ServerKind,
  { selected, replacement }: SimulatedFleets,
): Partial<Deployment> {
  switch (kind) {
    case "in-place":
      return {
        zonal: random.chance(0.25) ? randomZonal(random) : undefined,
        outdatedOnly: random.chance(0.1) ? true : undefined,
        ...(random.chance(0.1) && { scalingGroups: ["fleet"], processesToSuspend: ["AZRebalance"] }),
      };
    case "blue-green":
      return { scalingGroups: ["fleet"], blueGreen: randomBlueGreen(random) };
    case "reroute":
      return { reroute: { back: selected, away: replacement } };
    case "launch":
    case "termination":
      return { lifecycleAction: { scalingGroup: "fleet", hook: "hook", instance: selected[0]?.id ?? "" } };
  }
}

function randomFleets(random: Random, kind: ServerKind): SimulatedFleets {
  const one = kind === "launch" || kind === "termination";
  const selected = randomFleet(random, one ? 1 : random.pick([1, 2, 2, 3, 3, 3, 4, 7]), "i");
  const isTwofold = kind === "blue-green" || kind === "reroute";
  const replacement = isTwofold ? randomFleet(random, random.integer(1, 3), "g") : [];
  if (kind === "reroute") return later({ selected: selected.slice(random.integer(0, 2)), replacement });
  const fleets = random.chance(0.02) ? { selected: [], replacement } : { selected, replacement };
  if (kind !== "blue-green" || random.chance(0.6)) return later(fleets);
  return later(fleets, {
    selectedAgain: changed(random, fleets.selected, "j"),
    replacementAgain: changed(random, replacement, "h"),
  });
}

const later = (
  { selected, replacement }: Pick<SimulatedFleets, "selected" | "replacement">,
  again: Partial<SimulatedFleets> = {},
): SimulatedFleets => ({
  selected,
  replacement,
  selectedAgain: selected,
  replacementAgain: replacement,
  ...again,
});

/** A fleet some of whose hosts have gone, and to which some have come. */
function changed(random: Random, fleet: readonly FleetMember[], letter: string): readonly FleetMember[] {
  return [...fleet.filter(() => random.chance(0.7)), ...randomFleet(random, random.integer(0, 2), letter)];
}

function randomBlueGreen(random: Random): BlueGreen {
  return {
    ...(random.chance(0.5)
      ? { provisioning: "COPY_AUTO_SCALING_GROUP", copyName: "CodeDeploy_group_d-1" }
      : { provisioning: "DISCOVER_EXISTING" }),
    readyWait: random.chance(0.4) ? 30 * minute : undefined,
    blueInstances: random.pick(["TERMINATE", "KEEP_ALIVE"]),
    terminationWait: random.pick([0, 10 * minute]),
  };
}

function randomFleet(random: Random, hosts: number, letter: string): readonly FleetMember[] {
  return Array.from({ length: hosts }, (_, at): FleetMember => {
    const id = `${letter}-${at + 1}`;
    const health = random.pick(["Healthy", "Healthy", "Unhealthy"]);
    const revision = random.pick(["Unknown", "Old", "Current"]);
    const state = random.chance(0.03) ? random.pick(["stopped", "terminated"]) : "running";
    const zone = random.pick(["a", "b", "c"]);
    const holdsRevision = random.chance(0.3);
    const known = { zone, health, revision, holdsRevision, tieBreaker: random.next() };
    return { id, arn: `arn:aws:ec2:eu-west-1::instance/${id}`, hostIdentifier: id, state, ...known };
  });
}

function randomZonal(random: Random): ZonalConfiguration {
  const monitorDuration = random.pick([0, 60 * second, 20 * minute]);
  return {
    minimumHealthyHostsPerZone: random.chance(0.5) ? { type: "FLEET_PERCENT", value: 0 } : randomMinimum(random),
    monitorDuration,
    firstZoneMonitorDuration: random.chance(0.3) ? 10 * minute : undefined,
  };
}

/** Another deployment on a host, for a while. */
export function randomVisit(random: Random, host: string) {
  const from = random.integer(0, 2 * minute);
  return { host, from, until: from + random.integer(1, 20 * minute) };
}

/** Readings one after the other; the first comes with the first poll. */
export function randomAlarms(random: Random) {
  const readings = [{ from: random.integer(0, 15 * second), reading: { active: [] } as AlarmReading }];
  for (let spells = random.integer(0, 2); spells > 0; spells -= 1) {
    const from = (readings.at(-1)?.from ?? 0) + random.integer(1, 90 * minute);
    const reading = random.chance(0.5) ? { active: [{ name: "errors", since: from }] } : { unreadable: "Throttling" };
    readings.push({ from, reading }, { from: from + random.integer(10 * second, 5 * minute), reading: { active: [] } });
  }
  return readings;
}

function randomMinimum(random: Random): MinimumHealthyHosts {
  const type = random.pick(["HOST_COUNT", "FLEET_PERCENT", "MOST_CONCURRENCY"]);
  if (type === "HOST_COUNT") return { type, value: random.integer(0, 6) };
  if (type === "MOST_CONCURRENCY") return { type, value: 1 };
  return { type, value: random.pick([0, 25, 40, 50, 66, 75, 85, 95]) };
}
