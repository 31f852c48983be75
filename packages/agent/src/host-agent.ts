import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { AgentLog } from "./agent-log.ts";
import { LiveOutput } from "./commands/live-output.ts";
import { CommandRunner } from "./commands/command-runner.ts";
import { type Configuration, transportOptions } from "./config.ts";
import { deadlineIn } from "./deadline.ts";
import { instructionsOf } from "./deployment/deployment-folders.ts";
import { findIdentity } from "./identity/identity.ts";
import { sweepUnfinishedInstallations } from "./install/index.ts";
import { Journal } from "./commands/journal.ts";
import { giveBackMemory, type MemoryContext, saveMemory } from "./memory.ts";
import { CommandService } from "./protocol/command-service.ts";
import type { Trust } from "./protocol/signed-content.ts";
import { SignedRequests } from "./protocol/signed-requests.ts";
import { SpareShell } from "./scripts/spare-shell.ts";
import { doublingPauses, type Pauses, retryUntil } from "./retry.ts";

/** What an agent runs with. */
export interface HostAgentOptions {
  readonly configuration: Configuration;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: AgentLog;
  readonly version: string;
  /** Aborted when the agent is to stop: commands under way end first. */
  readonly signal: AbortSignal;
}

/** Polls for commands and executes them until `signal` is aborted. One poll is always open, so that a command meets a waiting host. */
export async function runHostAgent(options: HostAgentOptions): Promise<void> {
  const { configuration, environment, log, signal } = options;
  saveMemory();
  const spareShell = new SpareShell();
  const agentLog = (line: string) => log.info(line);
  let liveOutput: LiveOutput | undefined;
  const requests = new SignedRequests(transportOptions(configuration, environment));
  try {
    const pauses = doublingPauses({ longestThrottledSeconds: configuration.waitAfterThrottleErrorSeconds });
    const retry = retryUntil(signal, { pauses, log: (line) => log.warn(line) });
    const identity = await retry(() => findIdentity(configuration, environment), { isEndless: true });
    log.info(`Host identifier ${identity.hostIdentifier}`);
    const service = new CommandService(requests, identity, options);
    const send = service.output.bind(service);
    liveOutput = sendsOutput(configuration) ? new LiveOutput({ send, pauses, log: agentLog }) : undefined;
    const agent = {
      trust: readTrust(configuration),
      configuration,
      environment,
      identity,
      requests,
      spareShell,
      log: agentLog,
    };
    const runner = new CommandRunner({
      liveOutput,
      agent,
      service,
      journal: new Journal(configuration.rootDir, configuration.ongoingDeploymentTracking),
      retry,
      logError: (line) => log.error(line),
      onIdle: giveBackLater({
        isIdle: () => !signal.aborted && runner.isIdle,
        releasesPages: configuration.releaseIdleMemory,
      }),
    });
    sweepUnfinishedInstallations(instructionsOf(configuration.rootDir));
    await runner.recover();
    await pollUntilStopped(options, { service, runner, pauses });
    await endWithin(configuration.killAgentMaxWaitTimeSeconds, runner.idle());
  } finally {
    liveOutput?.close();
    spareShell.close();
    requests.close();
  }
}

/** AWS's own control plane has no such operation. */
const sendsOutput = ({ deployControlEndpoint, sendScriptOutput }: Configuration): boolean =>
  sendScriptOutput && deployControlEndpoint !== undefined;

/** Returns whose specifications the configuration trusts. Throws when its file of certificates cannot be read. */
export function readTrust({ trustedSigners: signers, trustStore }: Configuration): Trust {
  if (trustStore === undefined) return { signers };
  try {
    const blocks = readFileSync(trustStore, "utf8").match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
    if (blocks === null) throw new Error("it has no certificates in PEM");
    return { signers, authorities: blocks.map((block) => new X509Certificate(block)) };
  } catch (cause) {
    throw new Error(
      `Cannot read the trust_store "${trustStore}": ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

/** How long the agent must be idle before it gives memory back, in milliseconds: longer than the pause between two events of a deployment. */
const quietMilliseconds = 2_000;

function giveBackLater(context: MemoryContext): () => void {
  let timer: NodeJS.Timeout | undefined;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void giveBackMemory(context), quietMilliseconds).unref();
  };
  later();
  return later;
}

/** How long the next poll waits for a command to begin, in milliseconds: the command may have to wait itself, for its turn or for the control plane. */
const beginMilliseconds = 10;

async function pollUntilStopped(
  { configuration, log, signal }: HostAgentOptions,
  { service, runner, pauses }: { service: CommandService; runner: CommandRunner; pauses: Pauses },
): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    const began = performance.now();
    let wait: number;
    try {
      const command = await service.poll(signal);
      failures = 0;
      log.debug(command === undefined ? "PollHostCommand: nothing to do" : `PollHostCommand: ${command.name}`);
      if (command !== undefined) {
        // The next poll would delay the acknowledgement that the command's script waits for.
        await Promise.race([runner.accept(command), pause(beginMilliseconds, undefined, { ref: false })]);
      }
      // A long-polling server paces us; one that answers at once is polled every `wait_between_runs`.
      wait = command === undefined ? configuration.waitBetweenRunsSeconds * 1000 - (performance.now() - began) : 0;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      wait = pauses(failures, error);
      log.warn(`Cannot poll: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (wait > 0) await pause(wait, undefined, { signal }).catch(() => {}); // aborted: the loop ends
  }
}

/** Waits for work, but no longer than this: a script may run for an hour, and a service manager waits that long only if told so. */
async function endWithin(seconds: number, work: Promise<void>): Promise<void> {
  const deadline = deadlineIn(seconds);
  await Promise.race([work, deadline.over]);
  deadline.cancel();
}
