import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { AgentLog } from "./agent-log.ts";
import { CommandRunner } from "./command-runner.ts";
import { type Configuration, transportOptions } from "./config.ts";
import { deadlineIn } from "./deadline.ts";
import { instructionsOf } from "./folders.ts";
import { findIdentity } from "./identity/identity.ts";
import { sweepUnfinished } from "./install/index.ts";
import { Journal } from "./journal.ts";
import { giveBackMemory, saveMemory } from "./memory.ts";
import { CommandService } from "./protocol/command-service.ts";
import type { Trust } from "./protocol/signed-content.ts";
import { SignedRequests } from "./protocol/signed-requests.ts";
import { SpareGate } from "./scripts/spare-gate.ts";
import { doublingPauses, type Pauses, retryUntil } from "./retry.ts";

/** What one agent runs with. */
export interface HostAgentOptions {
  readonly configuration: Configuration;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: AgentLog;
  readonly version: string;
  /** Aborted when the agent is to stop: commands under way end first. */
  readonly signal: AbortSignal;
}

/** Polls for commands and executes them until it is told to stop. One poll is always open, so that a command meets a waiting host. */
export async function runHostAgent(options: HostAgentOptions): Promise<void> {
  const { configuration, environment, log, signal } = options;
  saveMemory();
  const spare = new SpareGate();
  const requests = new SignedRequests(transportOptions(configuration, environment));
  try {
    const pauses = doublingPauses({ longestThrottledSeconds: configuration.waitAfterThrottleErrorSeconds });
    const retry = retryUntil(signal, { pauses, log: (line) => log.warn(line) });
    const identity = await retry(() => findIdentity(configuration, environment), { isEndless: true });
    log.info(`Host identifier ${identity.hostIdentifier}`);
    const service = new CommandService(requests, identity, options);
    const host = {
      trust: readTrust(configuration),
      configuration,
      environment,
      identity,
      requests,
      spare,
      log: (line: string) => log.info(line),
    };
    const runner = new CommandRunner({
      host,
      service,
      journal: new Journal(configuration.rootDir, configuration.ongoingDeploymentTracking),
      retry,
      logError: (line) => log.error(line),
      whenIdle: giveBackLater(() => !signal.aborted && runner.isIdle),
    });
    sweepUnfinished(instructionsOf(configuration.rootDir));
    await runner.recover();
    await pollUntilStopped(options, { service, runner, pauses });
    await endWithin(configuration.killAgentMaxWaitTimeSeconds, runner.idle());
  } finally {
    spare.close();
    requests.close();
  }
}

/** Whose specifications the configuration trusts. Throws when its file of certificates cannot be read. */
export function readTrust({ trustedSigner, trustStore }: Configuration): Trust {
  if (trustStore === undefined) return { signer: trustedSigner };
  try {
    const blocks = readFileSync(trustStore, "utf8").match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
    if (blocks === null) throw new Error("it has no certificates in PEM");
    return { signer: trustedSigner, authorities: blocks.map((block) => new X509Certificate(block)) };
  } catch (cause) {
    throw new Error(
      `Cannot read the trust_store "${trustStore}": ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

/** How long nothing has to happen before memory is given back, in milliseconds: between two events of a deployment it is soon wanted again. */
const quietMilliseconds = 2_000;

function giveBackLater(isIdle: () => boolean): () => void {
  let timer: NodeJS.Timeout | undefined;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void giveBackMemory(isIdle), quietMilliseconds).unref();
  };
  later();
  return later;
}

/** How long a command may take to begin before the next poll goes out all the same, in milliseconds: it may wait for its turn, or for the control plane. */
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
        // Its script waits for an answer that the next poll would be in the way of.
        await Promise.race([runner.accept(command), pause(beginMilliseconds, undefined, { ref: false })]);
      }
      // Whoever holds polls back has paced them already; whoever answers at once is asked at the configured pace.
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

/** A script may run for an hour; a service manager waits that long only if told so. */
async function endWithin(seconds: number, work: Promise<void>): Promise<void> {
  const patience = deadlineIn(seconds);
  await Promise.race([work, patience.over]);
  patience.cancel();
}
