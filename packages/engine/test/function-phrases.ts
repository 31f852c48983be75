// What scenarios can say of deployments to a function.
import { aliasInWords, type Decision, type LambdaPlan, type TrafficRouting } from "../src/index.ts";
import { reportOf, FakeFunction, planFor } from "./fake-function.ts";
import type { Shell } from "./shell.ts";

type Phrase = [RegExp, (shell: Shell, ...words: string[]) => readonly (Decision | string)[]];

const functions = new WeakMap<Shell, FakeFunction>();

/** The function that a scenario is about. */
function functionOf(shell: Shell): FakeFunction {
  const found = functions.get(shell) ?? new FakeFunction();
  functions.set(shell, found);
  return found;
}

/** Phrases beside those about hosts. */
export const functionPhrases: readonly Phrase[] = [
  [/^shift (\S+) from (\d) to (\d), (all at once|\S+ \d+ % every \d+ minutes?)(, .+)?$/, begin],
  [/^the alias is put on version (\d)$/, (shell, version = "") => put(shell, version)],
  [/^the hook says (Succeeded|Failed)$/, (shell, status) => hookSays(shell, status === "Succeeded")],
  [/^(\d+) minutes? go by$/, (shell, count) => goBy(shell, Number(count))],
  [/^the alias goes back$/, goBack],
  [/^show the alias$/, (shell) => [aliasInWords(functionOf(shell).alias)]],
];

function begin(shell: Shell, alias = "", from = "", to = "", routing = "", wishes = ""): readonly Decision[] {
  const hooks = wishes.includes("calling check") ? { hooks: { BeforeAllowTraffic: "check" } } : {};
  const adopts = { adoptsWeightedAlias: wishes.includes("adopting its weights") };
  return deploy(shell, planFor({ alias, from, to }, routingIn(routing), { ...hooks, ...adopts }));
}

const deploy = (shell: Shell, lambda: LambdaPlan) => [...shell.deploy({ kind: "lambda", lambda }), ...ask(shell)];

function routingIn(text: string): TrafficRouting {
  const [, type, percent, minutes] = /^(\S+) (\d+) % every (\d+)/.exec(text) ?? [];
  if (type === undefined) return { type: "AllAtOnce" };
  const name = type === "canary" ? "TimeBasedCanary" : "TimeBasedLinear";
  return { type: name, percent: Number(percent), minutes: Number(minutes) };
}

/** The gateway is asked for what is open until it has nothing new. */
function ask(shell: Shell): readonly Decision[] {
  const decisions: Decision[] = [];
  for (let open = openWork(shell); open !== undefined; open = openWork(shell)) {
    const outcome = functionOf(shell).perform(open.effect, open.checkpoint, shell.now);
    if (outcome === undefined) break;
    decisions.push(...shell.report(reportOf(open.id, shell.now, outcome)));
  }
  return decisions;
}

function openWork({ world }: Shell) {
  const step = world.deployment.steps.find(({ status }) => status === "InProgress");
  if (step !== undefined) return step;
  const command = world.targets[0]?.events.find(({ status }) => status === "InProgress")?.command;
  return command?.effect === undefined ? undefined : { ...command, effect: command.effect };
}

function hookSays(shell: Shell, isGood: boolean): readonly Decision[] {
  const open = openWork(shell);
  if (open?.effect.kind !== "run hook") throw new Error("no hook is under way");
  const outcome = isGood ? ({ is: "done" } as const) : ({ is: "failed", why: "the hook said so" } as const);
  return [...shell.report(reportOf(open.id, shell.now, outcome)), ...ask(shell)];
}

function put(shell: Shell, version: string): readonly Decision[] {
  functionOf(shell).set(version, {});
  return [];
}

/** A minute after the other, as the server's rounds would see them. */
function goBy(shell: Shell, minutes: number): readonly Decision[] {
  const decisions: Decision[] = [];
  for (let minute = 0; minute < minutes; minute += 1) {
    decisions.push(...shell.wait(60_000).filter((made) => made.do !== "wait"));
    decisions.push(...ask(shell));
  }
  return decisions;
}

function goBack(shell: Shell): readonly (Decision | string)[] {
  const owed = shell.owedRollback();
  if (owed.is === "none") return [owed.message ?? owed.because];
  if (owed.kind !== "lambda") throw new Error(`The rollback is ${owed.kind}`);
  return deploy(shell, owed.lambda);
}
