// The language of scenarios. A line at the margin says what happens; the indented lines below it are what the engine makes of that.
import {
  type AlarmReading,
  type Decision,
  type Diagnostics,
  type InstanceState,
  type LifecycleEventName,
  type HostContention,
  rollbackMessages,
  type Target,
} from "../src/index.ts";
import { orderedEvents } from "../src/appspec/lifecycle-events.ts";
import { functionPhrases } from "./function-phrases.ts";
import { servicePhrases } from "./service-phrases.ts";
import { settingsIn } from "./scenario-settings.ts";
import { Shell } from "./shell.ts";

/** Plays a scenario, and returns it with the engine's present output. */
export function play(scenario: string): string {
  const shell = new Shell();
  const lines = scenario.split("\n").filter((line) => !line.startsWith("    "));
  return lines
    .flatMap((line) => (isSaid(line) ? [line, ...perform(shell, line).map((output) => `    ${output}`)] : [line]))
    .join("\n");
}

const isSaid = (line: string) => line.trim() !== "" && !line.startsWith("#");

/** What can be said, and what it does. */
const phrases: readonly [RegExp, (shell: Shell, ...words: string[]) => readonly (Decision | string)[]][] = [
  [/^deploy to (\d+) hosts?(?: in (\d+) zones)?, (.+)$/, deploy],
  [/^deploy again, (.+)$/, (shell, text) => shell.deploy(settingsIn(text ?? ""))],
  [/^deploy from (\d+) hosts? to (\d+) others, (.+)$/, deployBlueGreen],
  [/^(i-\d+) is (launched|terminated) by (\S+?)(, .+)?$/, forLifecycleAction],
  [/^somebody continues$/, (shell) => shell.goOn("READY_WAIT")],
  [/^somebody ends the wait$/, (shell) => shell.goOn("TERMINATION_WAIT")],
  [/^roll back$/, rollBack],
  [/^the alarms are quiet$/, (shell) => reading(shell, { active: [] })],
  [/^the alarm (\S+) is active$/, (shell, name = "") => reading(shell, { active: [{ name, since: shell.now }] })],
  [/^the alarms cannot be read$/, (shell) => reading(shell, { unreadable: "AccessDenied" })],
  [/^(d-\d+) is on (i-\d+)$/, (shell, other, host) => contend(shell, host, { blockedBy: other ?? "" })],
  [/^d-\d+ leaves (i-\d+)$/, (shell, host) => contend(shell, host, { freeSince: shell.now })],
  [/^agents are counted$/, (shell) => seen(shell)],
  [/^(i-\d+) polls$/, (shell, host) => seen(shell, host)],
  [
    /^the gateway succeeds$/,
    (shell) => shell.step({ kind: "completed", status: "Succeeded", ...shell.checkpointOfStep() }),
  ],
  [/^the gateway fails$/, (shell) => shell.step({ kind: "completed", status: "Failed" })],
  [/^(\d+) (second|minute|hour)s? pass(?:es)?$/, (shell, count, unit) => shell.wait(milliseconds(count, unit))],
  [/^the gateway says about (i-\d+): (.+)$/, (shell, host, because) => shell.progresses(host, because ?? "")],
  [/^(i-\d+) picks up$/, (shell, host) => shell.picksUp(host)],
  [/^(i-\d+) succeeds$/, (shell, host) => shell.reports(host)],
  [/^(i-\d+) succeeds up to (\w+)$/, (shell, host, event) => brief(shell.succeeds(host, eventName(event)))],
  [/^(i-\d+) succeeds to the end$/, (shell, host) => brief(shell.succeeds(host))],
  [/^(i-\d+) fails with (\w+)$/, (shell, host, code) => shell.reports(host, errorCode(code))],
  [/^(i-\d+) says (\w+) (Succeeded|Failed)$/, says],
  [/^(i-\d+) acknowledges (\w+)$/, (shell, host, event) => shell.report(shell.reportTo(host, eventName(event)))],
  [/^the report comes again$/, (shell) => shell.repeat()],
  [/^(i-\d+) is (\S+)$/, becomes],
  [/^(i-\d+) joins$/, joins],
  [/^(i-\d+) leaves$/, leaves],
  [/^(i-\d+) joins the replacement fleet$/, (shell, host = "") => replaced(shell, [...shell.replacement, host])],
  [
    /^(i-\d+) leaves the replacement fleet$/,
    (shell, host) =>
      replaced(
        shell,
        shell.replacement.filter((id) => id !== host),
      ),
  ],
  [/^somebody stops the deployment$/, (shell) => shell.stop()],
  [/^a pass$/, (shell) => shell.pass()],
  [/^show$/, show],
  ...functionPhrases,
  ...servicePhrases,
];

function perform(shell: Shell, line: string): readonly string[] {
  for (const [pattern, act] of phrases) {
    const match = pattern.exec(line);
    if (match !== null) return told(act(shell, ...match.slice(1)));
  }
  throw new Error(`Cannot play "${line}": no phrase reads so`);
}

/** Waits in the middle are what the next decision ends: only the last one is told. */
function told(results: readonly (Decision | string)[]): readonly string[] {
  return results
    .filter((result, at) => typeof result === "string" || result.do !== "wait" || at === results.length - 1)
    .map((result) => (typeof result === "string" ? result : sentence(result)));
}

/** A whole run of successes without what every event repeats. */
const brief = (decisions: readonly Decision[]) =>
  decisions.filter((made) => made.do !== "note start" && !(made.do === "settle event" && made.as === "Succeeded"));

/** A decision as one line of text. */
export function sentence(decision: Decision): string {
  if (decision.do === "wait")
    return `wait for ${decision.for}${decision.until === undefined ? "" : `, until ${clockTime(decision.until)}`}`;
  return `${decision.do}${details(decision)}: ${decision.because}`;
}

/** What a decision is about, between what it does and why. */
function details(decision: Exclude<Decision, { do: "wait" }>): string {
  switch (decision.do) {
    case "add targets":
      return ` ${decision.targets.map(({ id }) => id).join(", ")}${decision.label === undefined ? "" : ` as ${decision.label}`}`;
    case "run":
    case "note start":
      return ` ${decision.event} on ${decision.target}${decision.do === "run" && decision.effect !== undefined ? " by the service" : ""}`;
    case "settle event":
      return ` ${decision.event} on ${decision.target} as ${decision.as}`;
    case "settle target":
      return ` ${decision.target} as ${decision.as}`;
    case "settle step":
      return ` ${decision.id} as ${decision.as}`;
    case "start step":
      return ` ${decision.step}`;
    case "note progress":
    case "disregard report":
      return ` of ${decision.commandId}`;
    case "hold":
      return ` ${decision.hold} until ${clockTime(decision.until)}`;
    case "release":
      return ` ${decision.hold}`;
    case "stop":
      return ` with ${decision.error.code}`;
    case "finish":
      return ` as ${[decision.as, decision.error?.code].filter(Boolean).join(", ")}`;
    case "look up fleet":
      return ` ${decision.fleet}`;
    case "begin":
    case "warn":
      return "";
  }
}

const clockTime = (at: number) => new Date(at).toISOString().slice(11, 19);

function deploy(shell: Shell, count = "", zones = "", text = ""): readonly Decision[] {
  const ids = Array.from({ length: Number(count) }, (_, at) => `i-${at + 1}`);
  shell.select(ids);
  if (zones !== "")
    for (const [at, id] of ids.entries())
      shell.zones.set(id, `zone-${"abcdef"[Math.floor((at * Number(zones)) / ids.length)] ?? ""}`);
  return shell.deploy(settingsIn(text));
}

function deployBlueGreen(shell: Shell, original = "", others = "", text = ""): readonly Decision[] {
  const ids = Array.from({ length: Number(original) + Number(others) }, (_, at) => `i-${at + 1}`);
  shell.select(ids.slice(0, Number(original)));
  shell.replacement = ids.slice(Number(original));
  const style = { kind: "blue-green", balancers: { targetGroups: ["web"], classic: [] } } as const;
  const { blueGreen, ...settings } = settingsIn(text);
  const defaults = { provisioning: "DISCOVER_EXISTING", blueInstances: "KEEP_ALIVE", terminationWait: 0 } as const;
  return shell.deploy({ ...settings, ...style, blueGreen: blueGreen ?? defaults });
}

/** Auto Scaling waits for a deployment to one instance. */
function forLifecycleAction(shell: Shell, host = "", what = "", group = "", wishes = ""): readonly Decision[] {
  shell.select([host]);
  return shell.deploy({
    ...settingsIn(`OneAtATime${wishes}`),
    kind: what === "launched" ? "launch" : "termination",
    lifecycleAction: { scalingGroup: group, hook: "hook", instance: host },
  });
}

/** What follows if every kind of end is to be rolled back. */
function rollBack(shell: Shell): readonly (Decision | string)[] {
  const owed = shell.owedRollback();
  if (owed.is === "none") return [owed.message ?? owed.because];
  const { id, minimumHealthyHosts } = shell.world.deployment;
  shell.revision = shell.lastSuccessful;
  const { is: _is, because: _because, ...kind } = owed;
  const decisions = shell.deploy({ minimumHealthyHosts, ...kind });
  const { onEnded, onRollback } = rollbackMessages(id, shell.world.deployment.id);
  return [onEnded, onRollback, ...decisions];
}

function contend(shell: Shell, host = "", now: HostContention): readonly Decision[] {
  shell.contention[host] = now;
  return shell.pass();
}

function seen(shell: Shell, host?: string): readonly Decision[] {
  shell.lastSeen = host === undefined ? { ...shell.lastSeen } : { ...shell.lastSeen, [host]: shell.now };
  return [];
}

function reading(shell: Shell, alarms: AlarmReading): readonly Decision[] {
  shell.alarms = alarms;
  return shell.pass();
}

const milliseconds = (count = "", unit = "") =>
  Number(count) * ({ second: 1000, minute: 60_000, hour: 3_600_000 }[unit] ?? Number.NaN);

function says(shell: Shell, host = "", event = "", status = ""): readonly Decision[] {
  return shell.report(shell.reportTo(host, eventName(event), status === "Succeeded" ? status : "Failed"));
}

function becomes(shell: Shell, host = "", state = ""): readonly Decision[] {
  const states = ["pending", "running", "stopping", "stopped", "shutting-down", "terminated"] as const;
  const found = states.find((known): known is InstanceState => known === state);
  if (found === undefined) throw new Error(`Cannot be "${state}": want one of ${states.join(", ")}`);
  shell.hosts.set(host, found);
  return shell.pass();
}

function joins(shell: Shell, host = ""): readonly Decision[] {
  shell.hosts.set(host, "running");
  return shell.pass();
}

function leaves(shell: Shell, host = ""): readonly Decision[] {
  shell.hosts.delete(host);
  return shell.pass();
}

function replaced(shell: Shell, ids: readonly string[]): readonly Decision[] {
  shell.replacement = ids;
  return shell.pass();
}

function eventName(word = ""): LifecycleEventName {
  const found = orderedEvents.find((name) => name === word);
  if (found === undefined) throw new Error(`"${word}" is no lifecycle event`);
  return found;
}

function errorCode(word = ""): Diagnostics["errorCode"] {
  const codes = ["ScriptMissing", "ScriptNotExecutable", "ScriptTimedOut", "ScriptFailed", "UnknownError"] as const;
  const found = codes.find((code) => code === word);
  if (found === undefined) throw new Error(`"${word}" is no error code: want one of ${codes.join(", ")}`);
  return found;
}

/** The deployment, its targets and what the group remembers, as tables. */
function show({ world, memories }: Shell): readonly string[] {
  const { id, status, error } = world.deployment;
  const code = error === undefined ? "" : `, ${error.code}`;
  return [
    `${id}: ${status}${code}`,
    ...world.deployment.notes.map((note) => `note: ${note}`),
    ...world.targets.map((target) => `${target.id} ${target.status}: ${eventsInShort(target)}`),
    ...Object.entries(memories).map(
      ([host, { health, installed }]) => `${host} is ${health}, has ${installed ?? "nothing"}`,
    ),
  ];
}

/** Events in order; runs of one status are given by their first and last. */
function eventsInShort({ events }: Target): string {
  const runs: { status: string; names: string[] }[] = [];
  for (const { name, status } of events) {
    const last = runs.at(-1);
    if (last?.status === status) last.names.push(name);
    else runs.push({ status, names: [name] });
  }
  return runs.map(({ status, names }) => `${[...new Set([names[0], names.at(-1)])].join(" to ")} ${status}`).join(", ");
}
