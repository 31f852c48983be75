import {
  type Call,
  codedeployCommands,
  codedeployCommandsTargetPrefixes,
  defineService,
  Fault,
  type HostCommandOperations,
  type Service,
} from "@sluice/aws-protocol";
import { pollHoldMilliseconds, redeliveryMilliseconds } from "../limits.ts";
import { deploymentExecutionId, deploymentIdIn } from "../specification/host-command-identifier.ts";
import { takeOutput } from "../script-logs/take-output.ts";
import type { ScriptLogs } from "../store/script-logs.ts";
import type { HostPresence } from "../event-log/host-presence.ts";
import type { LogBudget } from "../throttling/log-budget.ts";
import type { SignedSpecifications } from "../specification/signed-specifications.ts";
import type { CommandRecord } from "../store/deployments/outbox.ts";
import { acknowledge, type ReportContext, complete, statusOf } from "./reports.ts";
import { diagnosticsOf } from "./diagnostics.ts";
import { Identifiers } from "./identifiers.ts";

export interface HostContext extends ReportContext {
  readonly region: string;
  readonly accountId: string;
  readonly identifiers: Identifiers;
  readonly specification: SignedSpecifications;
  /** Absent where logs have no limit but that of each event. */
  readonly logBudget?: Pick<LogBudget, "take"> | undefined;
  readonly presence: Pick<HostPresence, "seen">;
  readonly scriptLogs: ScriptLogs;
}

const clientFault = (message: string) => new Fault("ClientException", message);

const operations: HostCommandOperations<HostContext> = {
  async PollHostCommand(context, { HostIdentifier: host = "" }) {
    if (host === "") throw clientFault("HostIdentifier is missing");
    context.polls.recordContact(host);
    context.presence.seen(host, context.call.agentVersion);
    const command = await nextCommand(context, host);
    if (command === undefined) return {};
    return {
      HostCommand: {
        HostCommandIdentifier: context.identifiers.name(command),
        HostIdentifier: host,
        DeploymentExecutionId: deploymentExecutionId(command.deploymentId, context.region, context.accountId),
        CommandName: command.event,
        Nonce: 1,
      },
    };
  },

  async GetDeploymentSpecification(context, { DeploymentExecutionId = "", HostIdentifier = "", Nonce }) {
    const id = deploymentIdIn(DeploymentExecutionId);
    const LifecycleEvents = id === undefined ? [] : unended(context, id, HostIdentifier);
    // The specification of a deployment that has ended is not handed out again: an attacker on the network could have a
    // host ask for it.
    if (id === undefined || LifecycleEvents.length === 0)
      throw clientFault(`Nothing to do in deployment "${DeploymentExecutionId.slice(0, 200)}" for this host`);
    if (Nonce !== undefined && !/^[\w+/=-]{16,128}$/.test(Nonce))
      throw clientFault("Nonce is not 16 to 128 letters, digits and + / = _ -");
    const asking = Nonce === undefined ? undefined : { HostIdentifier, Nonce, LifecycleEvents };
    const Payload = await context.specification(id, asking);
    return {
      DeploymentSystem: "CodeDeploy",
      DeploymentSpecification: { GenericEnvelope: { Format: "PKCS7/JSON", Payload } },
    };
  },

  PutHostCommandAcknowledgement: async (context, { HostCommandIdentifier }) => ({
    CommandStatus: await acknowledge(context, commandOf(context, HostCommandIdentifier)),
  }),

  async PutHostCommandComplete(context, { HostCommandIdentifier, CommandStatus, Diagnostics: envelope }) {
    if (CommandStatus !== "Succeeded" && CommandStatus !== "Failed")
      throw clientFault(`CommandStatus is "${CommandStatus}", and must be Succeeded or Failed`);
    const command = commandOf(context, HostCommandIdentifier);
    const found = diagnosticsOf(envelope, CommandStatus);
    const diagnostics = context.logBudget?.take(command.deploymentId, found) ?? found;
    await complete(context, command, { status: CommandStatus, diagnostics });
  },

  async PostHostCommandUpdate(context, { HostCommandIdentifier }) {
    const status = statusOf(context.store, commandOf(context, HostCommandIdentifier));
    return {
      CommandStatus: status === "Pending" || status === "Succeeded" || status === "InProgress" ? status : "Failed",
    };
  },

  // BEYOND: the lines that scripts print, while they run (agent.md §1.8).
  async PutHostCommandOutput(context, { HostCommandIdentifier, ...output }) {
    const command = commandOf(context, HostCommandIdentifier);
    context.polls.recordContact(command.host);
    await takeOutput(context, command, output);
  },
};

/** What a host has still to run of a deployment. */
const unended = ({ store }: HostContext, deploymentId: string, host: string): readonly string[] =>
  (store.deployments.liveTarget(deploymentId, host)?.events ?? [])
    .filter(({ status }) => status === "Pending" || status === "InProgress")
    .map(({ name }) => name);

/**
 * Returns the next command for a host; undefined when there is none for as long as a poll is held. Nothing else ends
 * the wait, because an agent that gets a response at once pauses before it polls again.
 */
async function nextCommand(
  context: DeliveryContext & { readonly call: Call },
  host: string,
): Promise<CommandRecord | undefined> {
  const until = context.clock() + pollHoldMilliseconds;
  for (;;) {
    const next = handOut(context, host, until);
    if (typeof next !== "number") return next;
    const ended = await context.polls.hold(host, context.call.signal, next);
    if (ended === "closed") return undefined;
  }
}

type DeliveryContext = Pick<HostContext, "store" | "clock" | "polls" | "handedOut">;

/**
 * Returns the next command for a host, or for how many milliseconds there will be none: a command that was given to a
 * poll whose client had gone is handed out again as soon as that is allowed. Undefined when the time of the poll is
 * over.
 */
function handOut(
  { store, clock, handedOut }: DeliveryContext,
  host: string,
  until: number,
): CommandRecord | number | undefined {
  const now = clock();
  const open = store.commands.openFor(host);
  const dueAt = ({ id }: CommandRecord) => (handedOut.get(id) ?? Number.NEGATIVE_INFINITY) + redeliveryMilliseconds;
  const command = open.find((candidate) => dueAt(candidate) <= now);
  if (command === undefined) return now >= until ? undefined : Math.min(until, ...open.map(dueAt)) - now;
  handedOut.set(command.id, now);
  return command;
}

function commandOf({ identifiers }: HostContext, identifier: string | undefined): CommandRecord {
  const command = identifier === undefined ? undefined : identifiers.find(identifier);
  if (command === undefined) throw clientFault("There is no such host command");
  return command;
}

/** The host agents' service. A host's key polls for that host and answers its commands, nothing else. */
export function hostCommandService(
  about: Omit<HostContext, "identifiers" | "handedOut">,
  onDefect: (error: unknown, requestId: string) => void,
): Service {
  const context = { ...about, identifiers: new Identifiers(about.store, about), handedOut: new Map<string, number>() };
  return defineService({
    name: "codedeploy-commands",
    model: codedeployCommands,
    signingNames: ["codedeploy-commands", "codedeploy-commands-secure"],
    targetPrefixes: codedeployCommandsTargetPrefixes,
    operations,
    context,
    // AWS has them on no one resource; whose they are `hosts` decides.
    accesses: () => [{ resource: "*" }],
    isForHostsAlone: true,
    hosts: ({ host }, _operation, input) => isOwn(context, host, input),
    onDefect,
  });
}

function isOwn({ identifiers }: HostContext, host: string, input: unknown): boolean {
  const { HostIdentifier, HostCommandIdentifier } = input as {
    readonly HostIdentifier?: string | undefined;
    readonly HostCommandIdentifier?: string | undefined;
  }; // decoded by the service's own table
  if (HostCommandIdentifier !== undefined) return identifiers.find(HostCommandIdentifier)?.host === host;
  return HostIdentifier === host;
}
