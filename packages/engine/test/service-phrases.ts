// What scenarios can say of deployments to an ECS service.
import { type Decision, type EcsPlan, routeInWords } from "../src/index.ts";
import { callGateway, hookSays, minutesPass, type Phrase, routingIn } from "./effect-phrases.ts";
import { FakeService, servicePlan } from "./fake-service.ts";
import type { Shell } from "./shell.ts";

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
  [/^the service is behind a Network Load Balancer$/, (shell) => indivisible(shell)],
  [/^the service scales$/, (shell) => scaled(shell)],
  [/^the tasks do not start$/, (shell) => broken(shell)],
  [/^the listener is changed by somebody$/, (shell) => diverted(shell)],
  [/^the service's hook says (Succeeded|Failed)$/, (shell, status) => hookSays(shell, serviceOf(shell), status ?? "")],
  [/^the service has (\d+) minutes?$/, goBy],
  [/^the traffic goes back$/, goBack],
  [/^the deployment is continued$/, (shell) => [...shell.goOn("READY_WAIT"), ...callGateway(shell, serviceOf(shell))]],
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
  ...callGateway(shell, serviceOf(shell)),
];

function broken(shell: Shell): readonly Decision[] {
  serviceOf(shell).areTasksHealthy = false;
  return [];
}

function indivisible(shell: Shell): readonly Decision[] {
  serviceOf(shell).protocol = "TCP";
  return [];
}

function scaled(shell: Shell): readonly Decision[] {
  serviceOf(shell).scaling = "on";
  return [];
}

function diverted(shell: Shell): readonly Decision[] {
  serviceOf(shell).divert();
  return [];
}

function goBy(shell: Shell, count = ""): readonly Decision[] {
  return [...callGateway(shell, serviceOf(shell)), ...minutesPass(shell, serviceOf(shell), count)];
}

function goBack(shell: Shell): readonly (Decision | string)[] {
  const owed = shell.owedRollback();
  if (owed.is === "none") return [owed.message ?? owed.because];
  if (owed.kind !== "ecs") throw new Error(`The rollback is ${owed.kind}`);
  return deploy(shell, owed.ecs);
}

function show(shell: Shell): readonly string[] {
  const { taskSets, listeners, scaling } = serviceOf(shell);
  return [
    ...(scaling === "none" ? [] : [`scaling is ${scaling}`]),
    ...Object.entries(listeners).map(([name, weights]) => `${name}: ${routeInWords({ weights })}`),
    ...taskSets.map(({ id, status, runningCount }) => `${id} ${status}, ${runningCount} tasks run`),
  ];
}
