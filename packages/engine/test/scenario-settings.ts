// How scenarios say what a deployment is told: "OneAtATime, HOST_COUNT 2 per zone, monitored 60 s, watching errors".
import type { BlueGreen, MinimumHealthyHosts, ZonalConfiguration } from "../src/index.ts";
import { predefined, type Settings } from "./shell.ts";

/** Reads the configuration, and then one wish after the other. */
export function settingsIn(text: string): Settings {
  const [configuration = "", ...wishes] = text.split(", ");
  const settings = { minimumHealthyHosts: minimumIn(configuration) };
  return wishes.reduce<Settings>((before, wish) => ({ ...before, ...read(wish, before) }), settings);
}

const watched = { monitorDuration: 0 };

/** What can be wished for. */
const phrases: readonly [RegExp, (before: Settings, ...words: string[]) => Settings][] = [
  [/^ignoring application stop failures$/, () => ({ ignoreApplicationStopFailures: true })],
  [/^to outdated instances only$/, () => ({ outdatedOnly: true })],
  [/^behind (\S+)$/, (_, name = "") => ({ balancers: { targetGroups: [name], classic: [] } })],
  [
    /^with (\S+) of (\S+) at rest$/,
    (_, process = "", group = "") => ({ scalingGroups: [group], processesToSuspend: [process] }),
  ],
  [/^copying (\S+)$/, (before, group = "") => copied(before, group)],
  [/^with a gate of (\d+) minutes$/, (before, count) => blueGreen(before, { readyWait: minutes(count) })],
  [
    /^ending the original after (\d+) minutes$/,
    (before, count) => blueGreen(before, { blueInstances: "TERMINATE", terminationWait: minutes(count) }),
  ],
  [/^watching (\S+)$/, (_, name = "") => ({ alarms: { names: [name], ignorePollAlarmFailure: false } })],
  [
    /^watching (\S+) if it can be read$/,
    (_, name = "") => ({ alarms: { names: [name], ignorePollAlarmFailure: true } }),
  ],
  [/^(.+) per zone$/, (before, text = "") => zonal(before, { minimumHealthyHostsPerZone: minimumIn(text) })],
  [/^monitored (\d+) s$/, (before, seconds) => zonal(before, { monitorDuration: Number(seconds) * 1000 })],
  [
    /^the first zone (\d+) s$/,
    (before, seconds) => zonal(before, { firstZoneMonitorDuration: Number(seconds) * 1000 }),
  ],
];

function read(wish: string, before: Settings): Settings {
  for (const [pattern, act] of phrases) {
    const match = pattern.exec(wish);
    if (match !== null) return act(before, ...match.slice(1));
  }
  throw new Error(`Cannot deploy "${wish}": nothing reads so`);
}

const zonal = (before: Settings, more: Partial<ZonalConfiguration>): Settings => ({
  zonal: { minimumHealthyHostsPerZone: predefined.AllAtOnce, ...watched, ...before.zonal, ...more },
});

const minutes = (count = "") => Number(count) * 60_000;

const blueGreen = (before: Settings, more: Partial<BlueGreen>): Settings => ({
  blueGreen: {
    provisioning: "DISCOVER_EXISTING",
    blueInstances: "KEEP_ALIVE",
    terminationWait: 0,
    ...before.blueGreen,
    ...more,
  },
});

const copied = (before: Settings, group: string): Settings => ({
  scalingGroups: [group],
  ...blueGreen(before, { provisioning: "COPY_AUTO_SCALING_GROUP", copyName: `CodeDeploy_${group}_d` }),
});

function minimumIn(text: string): MinimumHealthyHosts {
  if (text === "OneAtATime" || text === "HalfAtATime" || text === "AllAtOnce") return predefined[text];
  const [type, value] = text.split(" ");
  if ((type === "HOST_COUNT" || type === "FLEET_PERCENT") && value !== undefined) return { type, value: Number(value) };
  throw new Error(`Cannot deploy with "${text}": want a predefined name, or a type and a value`);
}
