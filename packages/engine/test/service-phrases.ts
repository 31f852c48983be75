// What scenarios can say of deployments to an ECS service.
import { type Decision, type EcsPlan, routeInWords, type TrafficRouting } from "../src/index.ts";
import { reportOf } from "./fake-function.ts";
import { FakeService, servicePlan } from "./fake-service.ts";
import type { Shell } from "./shell.ts";

type Phrase = [RegExp, (shell: Shell, ...words: string[]) => readonly (Decision | string)[]];

const services = new WeakMap<Shell, FakeService>();

/** The service that a scenario is about. */
function serviceOf(shell: Shell): FakeService {
  const found = services.get(shell) ?? new FakeService();
  services.set(shell, found);
  return found;
}

/** Phrases beside those about hosts and functions. */
export const servicePhrases: readonly Phrase[] = [
  [/^replace the tasks of web, (all at once|\S+ \d+ % every \d+ minutes?)(, .+)?$/, begin],
  [/^the tasks do not start$/, (shell) => broken(shell)],
  [/^the listener is changed by somebody$/, (shell) => diverted(shell)],
  [/^the service's hook says (Succeeded|Failed)$/, (shell, status) => hookSays(shell, status === "Succeeded")],
  [/^the service has (\d+) minutes?$/, (shell, count) => goBy(shell, Number(count))],
  [/^the traffic goes back$/, goBack],
  [/^the deployment is continued$/, (shell) => [...shell.goOn("READY_WAIT"), ...ask(shell)]],
  [/^show the service$/, show],
];

function begin(shell: Shell, routing = "", wishes = ""): readonly Decision[] {
  const hook = /calling a hook at (BeforeInstall|AfterAllowTestTraffic|AfterAllowTraffic)/.exec(wishes)?.[1] as
    | "AfterAllowTestTraffic"
    | undefined;
  const readyWait = wishes.includes("waiting to be continued") ? 600_000 : undefined;
  const originalTasks = wishes.includes("keeping the original tasks") ? "KEEP_ALIVE" : "TERMINATE";
  const alarms = wishes.includes("watching errors") ? { names: ["errors"], ignorePollAlarmFailure: false } : undefined;
  const ecs = servicePlan(routingIn(routing), { hook, readyWait, originalTasks });
  return deploy(shell, ecs, alarms);
}

const deploy = (shell: Shell, ecs: EcsPlan, alarms?: { names: string[]; ignorePollAlarmFailure: boolean }) => [
  ...shell.deploy({ kind: "ecs", ecs, alarms }),
  ...ask(shell),
];

function routingIn(text: string): TrafficRouting {
  const [, type, percent, minutes] = /^(\S+) (\d+) % every (\d+)/.exec(text) ?? [];
  if (type === undefined) return { type: "AllAtOnce" };
  const name = type === "canary" ? "TimeBasedCanary" : "TimeBasedLinear";
  return { type: name, percent: Number(percent), minutes: Number(minutes) };
}

/** The gateway is asked for what is open until it has nothing new. */
function ask(shell: Shell): readonly Decision[] {
  const decisions: Decision[] = [];
  for (let open = openEffect(shell); open !== undefined; open = openEffect(shell)) {
    const outcome = serviceOf(shell).perform(open.effect, open.checkpoint, shell.now);
    if (outcome === undefined) break;
    decisions.push(...shell.report(reportOf(open.id, shell.now, outcome)));
  }
  return decisions;
}

function openEffect({ world }: Shell) {
  const step = world.deployment.steps.find(({ status }) => status === "InProgress");
  if (step !== undefined) return step;
  const command = world.targets[0]?.events.find(({ status }) => status === "InProgress")?.command;
  return command?.effect === undefined ? undefined : { ...command, effect: command.effect };
}

function hookSays(shell: Shell, isGood: boolean): readonly Decision[] {
  const open = openEffect(shell);
  if (open?.effect.kind !== "run hook") throw new Error("no hook is under way");
  const outcome = isGood ? ({ is: "done" } as const) : ({ is: "failed", why: "the hook said so" } as const);
  return [...shell.report(reportOf(open.id, shell.now, outcome)), ...ask(shell)];
}

function broken(shell: Shell): readonly Decision[] {
  serviceOf(shell).areTasksHealthy = false;
  return [];
}

function diverted(shell: Shell): readonly Decision[] {
  serviceOf(shell).divert();
  return [];
}

/** A minute after the other, as the server's rounds would see them. */
function goBy(shell: Shell, minutes: number): readonly Decision[] {
  const decisions: Decision[] = [...ask(shell)];
  for (let minute = 0; minute < minutes; minute += 1) {
    decisions.push(...shell.wait(60_000).filter((made) => made.do !== "wait"));
    decisions.push(...ask(shell));
  }
  return decisions;
}

function goBack(shell: Shell): readonly (Decision | string)[] {
  const owed = shell.owedRollback();
  if (owed.is === "none") return [owed.message ?? owed.because];
  if (owed.kind !== "ecs") throw new Error(`The rollback is ${owed.kind}`);
  return deploy(shell, owed.ecs);
}

function show(shell: Shell): readonly string[] {
  const { taskSets, listeners } = serviceOf(shell);
  return [
    ...Object.entries(listeners).map(([name, weights]) => `${name}: ${routeInWords({ weights })}`),
    ...taskSets.map(({ id, status, runningCount }) => `${id} ${status}, ${runningCount} tasks run`),
  ];
}
