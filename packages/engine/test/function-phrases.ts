// What scenarios can say of deployments to a function.
import { aliasInWords, type Decision, type LambdaPlan } from "../src/index.ts";
import { callGateway, hookSays, minutesPass, type Phrase, routingIn } from "./effect-phrases.ts";
import { FakeFunction, planFor } from "./fake-function.ts";
import type { Shell } from "./shell.ts";

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
  [/^the hook says (Succeeded|Failed)$/, (shell, status) => hookSays(shell, functionOf(shell), status ?? "")],
  [/^(\d+) minutes? go by$/, (shell, count) => minutesPass(shell, functionOf(shell), count ?? "")],
  [/^the alias goes back$/, goBack],
  [/^show the alias$/, (shell) => [aliasInWords(functionOf(shell).alias)]],
];

function begin(shell: Shell, alias = "", from = "", to = "", routing = "", wishes = ""): readonly Decision[] {
  const hooks = wishes.includes("calling check") ? { hooks: { BeforeAllowTraffic: "check" } } : {};
  const adopts = { adoptsWeightedAlias: wishes.includes("adopting its weights") };
  return deploy(shell, planFor({ alias, from, to }, routingIn(routing), { ...hooks, ...adopts }));
}

const deploy = (shell: Shell, lambda: LambdaPlan) => [
  ...shell.deploy({ kind: "lambda", lambda }),
  ...callGateway(shell, functionOf(shell)),
];

function put(shell: Shell, version: string): readonly Decision[] {
  functionOf(shell).set(version, {});
  return [];
}

function goBack(shell: Shell): readonly (Decision | string)[] {
  const owed = shell.owedRollback();
  if (owed.is === "none") return [owed.message ?? owed.because];
  if (owed.kind !== "lambda") throw new Error(`The rollback is ${owed.kind}`);
  return deploy(shell, owed.lambda);
}
