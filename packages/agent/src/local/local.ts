import { existsSync } from "node:fs";
import { join } from "node:path";
import { hostEvents } from "@sluice/engine/appspec";
import { printable, printableLines } from "@sluice/aws-protocol/printable";
import type { SigningCredentials } from "@sluice/aws-protocol/signature-v4";
import { AgentLog } from "../agent-log.ts";
import { type Configuration, readConfiguration, transportOptions } from "../config.ts";
import type { AgentContext } from "../commands/agent-context.ts";
import { execute } from "../commands/execute.ts";
import { checkAgentFolders } from "../daemon/agent-folders.ts";
import { closeToOthers } from "../daemon/own-files.ts";
import { findIdentity, type Identity } from "../identity/identity.ts";
import { ScriptError } from "../commands/report.ts";
import { SignedRequests } from "../protocol/signed-requests.ts";
import { type Specification, specificationOf } from "../protocol/specification.ts";
import { BadUsage, localHelp, type LocalOptions, readLocalOptions } from "./options.ts";
import { localRevision } from "./revision.ts";
import { Invalid, validate } from "./validate.ts";

/** The surroundings of `codedeploy-local`. */
export interface LocalShell {
  readonly currentFolder: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly print: (line: string) => void;
  readonly printError: (line: string) => void;
}

/** Deploys a revision on this host, without a control plane (agent.md §8). Returns the exit code. */
export async function runLocal(words: readonly string[], shell: LocalShell): Promise<number> {
  try {
    const options = readLocalOptions(words, shell.currentFolder);
    if (options === "help" || options === "version") {
      shell.print(options === "help" ? localHelp : "1.0");
      return 1; // as the official tool does
    }
    await deploy(options, shell);
    shell.print("AppSpec file valid. Local deployment successful");
    return 0;
  } catch (error) {
    const message = printableLines(error instanceof Error ? error.message : String(error));
    if (error instanceof BadUsage) shell.print(`${message}\nUsage:\n  codedeploy-local [options]`);
    else if (error instanceof ScriptError) shell.printError(message);
    else shell.print(`ERROR: ${message}`);
    return 1;
  }
}

async function deploy(options: LocalOptions, { environment, print }: LocalShell): Promise<void> {
  const { agentConfigurationFile: file } = options;
  if (!existsSync(file)) throw new Invalid(`configuration file ${file} does not exist or is not readable`);
  const { configuration } = readConfiguration(file);
  validate(options);
  closeToOthers();
  checkAgentFolders(configuration);
  const specification = specificationFor(options);
  const folder = join(configuration.rootDir, specification.deploymentGroupId, specification.deploymentId);
  print(`Starting to execute deployment from within folder ${folder}`);
  const requests = new SignedRequests(transportOptions(configuration, environment));
  try {
    const context = localContext(configuration, environment, requests);
    for (const name of orderEvents(options.events))
      await execute(context, { name, specification, onScriptStarted: () => {} });
  } catch (error) {
    if (error instanceof ScriptError)
      print(
        `Your local deployment failed while trying to execute your script at ${folder}/deployment-archive/${printable(error.scriptName)}`,
      );
    throw error;
  } finally {
    requests.close();
    print(`See the deployment log at ${folder}/logs/scripts.log for more details`);
  }
}

/** Puts DownloadBundle and Install first if they are missing, and in this order in any case. */
function orderEvents(events: readonly string[] | undefined): readonly string[] {
  if (events === undefined) return hostEvents;
  const missing = ["DownloadBundle", "Install"].filter((event) => !events.includes(event));
  const all = [...missing, ...events];
  const [download, installation] = [all.indexOf("DownloadBundle"), all.indexOf("Install")];
  if (installation < download) [all[download], all[installation]] = ["Install", "DownloadBundle"];
  return all;
}

function specificationFor(options: LocalOptions): Specification {
  return specificationOf({
    ApplicationName: options.applicationName ?? options.bundleLocation,
    AppSpecFilename: options.appSpecFilename,
    DeploymentGroupId: options.deploymentGroup,
    DeploymentGroupName: options.deploymentGroupName,
    DeploymentId: randomDeploymentId(),
    AgentActionOverrides: { AgentOverrides: { FileExistsBehavior: options.fileExistsBehavior } },
    Revision: localRevision(options.bundleLocation, options.type),
    AllPossibleLifecycleEvents: [...new Set([...hostEvents, ...(options.events ?? [])])],
  });
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** Need not be unguessable, and node:crypto takes 10 ms to load. */
const randomDeploymentId = (): string =>
  `d-${Array.from({ length: 9 }, () => alphabet[Math.floor(Math.random() * alphabet.length)]).join("")}-local`;

function localContext(
  configuration: Configuration,
  environment: NodeJS.ProcessEnv,
  requests: SignedRequests,
): AgentContext {
  const log = new AgentLog({
    folder: configuration.logDir,
    name: "codedeploy-local",
    verbose: configuration.verbose,
  });
  return {
    configuration,
    environment,
    requests,
    trust: {},
    identity: ownIdentity(configuration, environment),
    log: (line) => log.info(line),
  };
}

/** Only S3 needs an identity: the credentials of the environment, else those of the host. */
function ownIdentity(configuration: Configuration, environment: NodeJS.ProcessEnv): Identity {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_DEFAULT_REGION } = environment;
  const credentials = async (): Promise<SigningCredentials> => {
    if (AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY)
      return {
        accessKeyId: AWS_ACCESS_KEY_ID,
        secretAccessKey: AWS_SECRET_ACCESS_KEY,
        sessionToken: AWS_SESSION_TOKEN || undefined,
      };
    try {
      return await (await findIdentity(configuration, environment)).credentials();
    } catch (cause) {
      throw new Error(
        "We were unable to download content from the Amazon S3 bucket due to missing or invalid credentials. For information about specifying your AWS credentials, see https://aws.amazon.com/blogs/security/a-new-and-standardized-way-to-manage-credentials-in-the-aws-sdks",
        { cause },
      );
    }
  };
  return { hostIdentifier: "local", region: AWS_REGION || AWS_DEFAULT_REGION || "us-east-1", credentials };
}
