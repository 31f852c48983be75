import type { Command } from "commander";
import type { Endpoint } from "./endpoint.ts";

/** Adds the commands about deployments that AWS's command line does not have. Each loads what it needs when it runs. */
export function addDeploymentCommands(program: Command, endpointFound: () => Promise<Endpoint>): void {
  const print = (line: string) => console.log(line);
  program
    .command("explain")
    .argument("<deployment>", "deployment id")
    .option("--json", "print the explanation as JSON")
    .description("say why a deployment failed: the rule, the causes, what changed, what to do next; exit 3 if it did")
    .action(async (id: string, options: { json?: boolean }) => {
      const { explain } = await import("./commands/deployments/explain.ts");
      process.exitCode = await explain(await endpointFound(), { id, ...options }, print);
    });
}
