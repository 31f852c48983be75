import type { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import { version } from "@sluice/aws-protocol/version";
import { Argument, Command, Option } from "commander";
import { addCompletion, addDeploymentCommands } from "./deployment-commands.ts";
import type { AuditRequest } from "./commands/audit.ts";
import { configuration, settings, type Configuration } from "./config.ts";
import type { DeployRequest } from "./commands/deploy.ts";
import type { ServiceRequest } from "./commands/server/service.ts";
import type { Endpoint } from "./endpoint.ts";
import { isClone, ownCommand } from "./environment.ts";

/** The whole command line. Each command loads what it needs when it runs: `sluice env` need not wait for a server's code. */
export const program = new Command("sluice")
  .description("AWS CodeDeploy as open software: control plane, agent and a local cloud")
  .version(version, "--version", "print the version of this program")
  .showHelpAfterError();
for (const { flag, variable, default: value, meaning } of Object.values(settings))
  program.addOption(new Option(flag, `${meaning} (${variable}; default ${value || "none"})`));

const configured = (): Configuration => configuration(program.opts());
const endpointFound = async (): Promise<Endpoint> => (await import("./endpoint.ts")).findEndpoint(configured());

program
  .command("up")
  .description("start the control plane and a local cloud on one port, and deploy the example")
  .option("--instances <number>", "instances for the example", "3")
  .option("--no-example", "start empty")
  .action(async ({ instances, example }: { instances: string; example: boolean }) => {
    const { up } = await import("./commands/server/up.ts");
    await up(configured(), { instances: instanceCount(instances), example });
    end();
  });

program
  .command("server")
  .description("start the control plane alone: fleets, load balancers and functions are AWS's, or hosts of your own")
  .addOption(new Option("--account <id>", "the AWS account that everything belongs to").env("SLUICE_ACCOUNT"))
  .action(async ({ account }: { account?: string }) => {
    const { serve } = await import("./commands/server/serve.ts");
    await serve(configured(), account);
    end();
  });

program
  .command("nodes")
  .description("list the nodes that share a database: who writes, who follows, how far behind, since when")
  .action(async () => {
    const { nodes } = await import("./commands/server/nodes.ts");
    process.exitCode = await nodes(configured(), (line) => console.log(line));
  });

program
  .command("move")
  .requiredOption("--to <place>", "postgres://USER@HOST/NAME, or an empty folder")
  .description("move everything from the data folder into a database for several nodes, or from there into a folder")
  .action(async ({ to }: { to: string }) => {
    const { move } = await import("./commands/server/move.ts");
    for (const line of await move(configured(), to)) console.log(line);
  });

program
  .command("env")
  .description("print exports for a shell: endpoint, key, region")
  .action(async () => console.log((await import("./commands/env.ts")).env(configured())));

program
  .command("console")
  .option(
    "--no-open",
    "print the link, and open no browser: other users of a machine can see what programs are started with",
  )
  .description(
    "open the console in a browser: prints a link that is good once, within a minute, with your key's rights",
  )
  .action(async ({ open }: { open: boolean }) => {
    const { newConsoleLink, openInBrowser } = await import("./commands/console.ts");
    const link = await newConsoleLink(await endpointFound());
    console.log(link);
    if (open) await openInBrowser(link);
  });

program
  .command("exec")
  .argument("<instance>", "instance id, or a task's id and a container as TASK/CONTAINER")
  .argument("<command...>", "after --")
  .description("run a command on a local instance or in a container")
  .action(async (instance: string, command: string[]) => {
    process.exitCode = await (await import("./commands/exec.ts")).exec(configured(), instance, command);
  });

program
  .command("deploy")
  .argument("<folder>", "a folder with an appspec.yml")
  .option("--application <name>", "default: the only one there is")
  .option("--group <name>", "deployment group; default: the only one there is")
  .option("--bucket <name>", "bucket for the revision")
  .option("--deployment-config-name <name>", "deployment configuration; default: the group's")
  .option("--description <text>")
  .addOption(new Option("--file-exists-behavior <what>").choices(["DISALLOW", "OVERWRITE", "RETAIN"]))
  .description("bundle a folder, upload it, deploy it and watch")
  .action(async (folder: string, options: Omit<DeployRequest, "folder">) => {
    const endpoint = await endpointFound();
    const client = await codeDeployAt(endpoint);
    const id = await (await import("./commands/deploy.ts")).deploy(client, endpoint, { folder, ...options });
    await watchToEnd(client, id);
  });

program
  .command("watch")
  .argument("<deployment>", "deployment id")
  .description("show a deployment until it ends; exit 0 only if it succeeded")
  .action(async (id: string) => watchToEnd(await codeDeployAt(await endpointFound()), id));

addCompletion(program);
addDeploymentCommands(program, {
  endpointFound,
  watchToEnd: async (endpoint, id) => watchToEnd(await codeDeployAt(endpoint), id),
});

program
  .command("orphans")
  .description("list Auto Scaling groups that blue/green deployments have left behind")
  .action(async () => {
    const lines = await (await import("./commands/orphans.ts")).orphans(await endpointFound());
    console.log(lines.join("\n") || "Nothing is left behind");
  });

program
  .command("register")
  .argument("<name>", "name of the on-premises instance")
  .option("--tag <key=value...>", "tags that deployment groups select it by")
  .option("--url <url>", "where the host reaches this control plane")
  .option("--public-certificate", "the host trusts the certificate of that address anyway")
  .option("--insecure", "the address may have no TLS: whoever is on the way can become root on the host")
  .description("register a host outside the cloud, and print the command that sets it up")
  .action(
    async (
      name: string,
      {
        tag = [],
        ...where
      }: { tag?: readonly string[]; url?: string; publicCertificate?: boolean; insecure?: boolean },
    ) => {
      const endpoint = await endpointFound();
      const client = await codeDeployAt(endpoint);
      const { register } = await import("./commands/register.ts");
      console.log(await register(client, endpoint, { name, tags: tag, ...where }));
      client.destroy();
    },
  );

program
  .command("github-token")
  .argument("<name>", "owner of the repositories at GitHub")
  .requiredOption("--application <name...>", "applications whose hosts may fetch with it")
  .description(
    "keep a token for revisions in private repositories, read from standard input. Hosts of these applications get to know it; who deploys with it needs sluice:UseGitHubAccountToken",
  )
  .action(async (name: string, { application }: { application: readonly string[] }) => {
    if (process.stdin.isTTY) console.error("Enter the token, then Ctrl-D:");
    const { keepGitHubToken } = await import("./commands/github-token.ts");
    console.log(await keepGitHubToken(await endpointFound(), { name, applications: application }, process.stdin));
  });

program
  .command("audit")
  .option("--since <time>", "only from a time on: 30m, 2h, 7d, or a date")
  .option("--json", "one JSON object a line")
  .description("print who changed what; exit 0 only if the log is as it was written")
  .action(async (options: AuditRequest) => {
    const { audit } = await import("./commands/audit.ts");
    process.exitCode = await audit(await endpointFound(), options, (line) => console.log(line));
  });

program
  .command("backup")
  .argument("<file>", "where to write it")
  .description(
    "write a backup of the running server: databases, keys and S3 objects as they were in one moment, checked",
  )
  .action(async (file: string) => console.log(await (await import("./backup/backup.ts")).backup(configured(), file)));

program
  .command("restore")
  .argument("<file>", "what sluice backup has written")
  .description("make a data folder, which --data names, of a backup")
  .action(async (file: string) =>
    console.log(await (await import("./backup/restore.ts")).restore(file, configured().dataFolder)),
  );

program
  .command("config")
  .description("work with configuration files")
  .command("check")
  .argument("[file]", "a configuration file; default: the one that is in force")
  .description(
    "print what is wrong in it, each with its line, what was found and what was expected; exit 1 if anything is",
  )
  .action(async (file: string | undefined) => {
    const { checkConfig } = await import("./settings/config-check.ts");
    const { config, data } = program.opts<{ config?: string; data?: string }>();
    process.exitCode = checkConfig({ file: file ?? config, data }, (line) => console.log(line));
  });

program
  .command("appspec")
  .description("work with AppSpec files")
  .command("check")
  .argument("<file>", "an AppSpec file, for servers, Lambda or ECS")
  .option("--json", "print the findings as JSON")
  .description("print every finding with its place and remedy; exit 1 if a deployment would fail")
  .action(async (file: string, options: { json?: boolean }) => {
    process.exitCode = (await import("./commands/appspec-check.ts")).checkAppSpec(file, options, (line) =>
      console.log(line),
    );
  });

program
  .command("service")
  .addArgument(new Argument("<what>", "what to do").choices(["install", "status", "remove"]))
  .option("--root <folder>", "the root of a system, such as an image's; nothing is started")
  .option("--account <id>", "the AWS account that everything belongs to")
  .option("--local-cloud", "start a local cloud, too, whose S3 and IAM hosts of your own use")
  .description("install sluice server as a systemd service, with the settings that this call is given")
  .action(async (what: ServiceRequest["what"], options: Pick<ServiceRequest, "root" | "account" | "localCloud">) => {
    const { service } = await import("./commands/server/service.ts");
    const start = isClone ? undefined : ownCommand();
    process.exitCode = service({ what, start, ...options, given: program.opts() }, (line) => console.log(line));
  });

program
  .command("version")
  .description("print the version of this program and of the control plane that it speaks to")
  .action(async () =>
    console.log((await (await import("./commands/version.ts")).versions(await endpointFound())).join("\n")),
  );

program
  .command("down")
  .description("stop what `sluice up` started")
  .action(async () => console.log(await (await import("./commands/server/down.ts")).down(configured())));

async function codeDeployAt(endpoint: Endpoint): Promise<CodeDeployClient> {
  const { CodeDeployClient } = await import("@aws-sdk/client-codedeploy");
  const { clientOptions } = await import("./endpoint.ts");
  return new CodeDeployClient(clientOptions(endpoint));
}

async function watchToEnd(client: CodeDeployClient, id: string): Promise<void> {
  const { watch } = await import("./commands/watch.ts");
  process.exitCode = (await watch(client, id, process.stdout)) ? 0 : 1;
  client.destroy();
}

/** Everything is closed and on the disk: a call of AWS's that is never answered must not keep the process. */
function end(): never {
  process.exit();
}

function instanceCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= 50) return count;
  throw new Error(`Cannot start "${text}" instances: expected a number from 1 to 50`);
}
