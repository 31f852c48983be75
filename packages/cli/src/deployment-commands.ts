import { type Command, Option } from "commander";
import type { RetryFlags, RollBackFlags } from "./commands/deployments/act.ts";
import type { EventsRequest } from "./commands/deployments/events.ts";
import type { LogsRequest } from "./commands/deployments/logs.ts";
import type { PlanRequest } from "./commands/deployments/plan.ts";
import type { StatusRequest } from "./commands/deployments/status.ts";
import type { Endpoint } from "./endpoint.ts";

/** What the commands need of the program. */
export interface CommandContext {
  readonly endpointFound: () => Promise<Endpoint>;
  /** Watches a deployment to its end, and sets the exit code. */
  readonly watchToEnd: (endpoint: Endpoint, id: string) => Promise<void>;
}

type Watching = { readonly watch: boolean; readonly json?: boolean | undefined };

const print = (line: string) => console.log(line);

/** Adds the commands about deployments that AWS's command line does not have. Each loads what it needs when it runs. */
export function addDeploymentCommands(program: Command, context: CommandContext): void {
  addReading(program, context);
  addPlan(program, context);
  addActing(program, context);
}

/** Adds the command that prints a shell's completion. */
export function addCompletion(program: Command): void {
  program
    .command("completion")
    .argument("<shell>", "bash or zsh")
    .description("print what lets a shell complete commands and flags: source <(sluice completion bash)")
    .action(async (shell: string) => {
      const { completion } = await import("./commands/completion.ts");
      print(completion(program, shell));
    });
}

function addReading(program: Command, { endpointFound }: CommandContext): void {
  program
    .command("explain")
    .argument("<deployment>", "deployment id")
    .option("--json", "print the explanation as JSON")
    .description("say why a deployment failed: the rule, the causes, what changed, what to do next; exit 3 if it did")
    .action(async (id: string, options: { json?: boolean }) => {
      const { explain } = await import("./commands/deployments/explain.ts");
      process.exitCode = await explain(await endpointFound(), { id, ...options }, print);
    });
  program
    .command("logs")
    .argument("<deployment>", "deployment id")
    .option("--target <id>", "only this target")
    .option("--event <name>", "only this lifecycle event")
    .option("--grep <text>", "only lines with this text, in capitals or not")
    .option("--follow", "go on until the deployment is over")
    .option("--json", "one JSON object a line")
    .description("print what the scripts of a deployment have printed")
    .action(async (id: string, options: LogsRequest) => {
      const { logs } = await import("./commands/deployments/logs.ts");
      await logs(await endpointFound(), id, options, print);
    });
  program
    .command("events")
    .argument("[deployment]", "deployment id; default: everything")
    .option("--application <name>", "only this application")
    .option("--group <name>", "only this deployment group")
    .option("--target <id>", "only this target")
    .option("--kind <kind...>", "only these kinds, such as deployment, target, alarm, host")
    .option("--after <cursor>", "only what came after")
    .option("--follow", "go on as it happens")
    .option("--json", "one JSON object a line")
    .description("print what has changed, in which order, why and by whom")
    .action(async (id: string | undefined, options: EventsRequest) => {
      const { events } = await import("./commands/deployments/events.ts");
      await events(await endpointFound(), id, options, print);
    });
  program
    .command("status")
    .option("--application <name>", "only this application")
    .option("--group <name>", "only this deployment group")
    .option("--json", "print it as JSON")
    .description("say which revision runs where")
    .action(async (options: StatusRequest) => {
      const { status } = await import("./commands/deployments/status.ts");
      await status(await endpointFound(), options, print);
    });
}

function addPlan(program: Command, { endpointFound }: CommandContext): void {
  program
    .command("plan")
    .argument("<application>", "application")
    .argument("<group>", "deployment group")
    .option("--s3-location <form>", "the revision: bucket=…,key=…,bundleType=…; default: the one deployed last")
    .option("--github-location <form>", "the revision: repository=…,commitId=…")
    .option("--revision <json>", "the revision as CreateDeployment takes it")
    .option("--deployment-config-name <name>", "deployment configuration; default: the group's")
    .option("--outdated-only", "only hosts that do not have the revision")
    .option("--fail <host...>", "hosts that are to fail: how many of the first ones, or their ids")
    .option("--zone-down <zone>", "an Availability Zone whose hosts do not answer")
    .option("--json", "print the plan as JSON")
    .description("say what a deployment would do, wave by wave, without doing it; exit 3 if it would not succeed")
    .action(async (application: string, group: string, options: Omit<PlanRequest, "application" | "group">) => {
      const { plan } = await import("./commands/deployments/plan.ts");
      process.exitCode = await plan(await endpointFound(), { application, group, ...options }, print);
    });
}

function addActing(program: Command, { endpointFound, watchToEnd }: CommandContext): void {
  program
    .command("retry")
    .argument("<deployment>", "id of a deployment that is over")
    .option("--ignore-application-stop-failures", "go on where the script of the revision before fails")
    .addOption(new Option("--file-exists-behavior <what>").choices(["DISALLOW", "OVERWRITE", "RETAIN"]))
    .option("--description <text>")
    .option("--json", "print the new deployment's id as JSON, and do not watch")
    .option("--no-watch", "do not wait for its end")
    .description("deploy the same revision to the hosts that do not have it, and watch")
    .action(async (id: string, { watch, ...flags }: RetryFlags & Watching) => {
      const { retry } = await import("./commands/deployments/act.ts");
      const endpoint = await endpointFound();
      const made = await retry(endpoint, id, flags, print);
      if (watch && flags.json !== true) await watchToEnd(endpoint, made);
    });
  program
    .command("rollback")
    .argument("<group>", "deployment group")
    .requiredOption("--application <name>", "its application")
    .option("--to <revision>", "a deployment's id, or a revision as `sluice status` names it; default: the one before")
    .option("--description <text>")
    .option("--json", "print the deployment's id as JSON, and do not watch")
    .option("--no-watch", "do not wait for its end")
    .description("deploy an earlier revision to a group, and watch")
    .action(async (group: string, { watch, ...flags }: RollBackFlags & Watching) => {
      const { rollBack } = await import("./commands/deployments/act.ts");
      const endpoint = await endpointFound();
      const made = await rollBack(endpoint, group, flags, print);
      if (watch && flags.json !== true) await watchToEnd(endpoint, made);
    });
}
