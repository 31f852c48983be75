import type { EffectOf } from "@sluice/engine";
import type { Clients } from "./clients.ts";
import { finished, outcomeOfError, refused, underWay, type EffectOutcome } from "./outcome.ts";

type RunHook = EffectOf<"run hook">;

/** The state of one invocation of a hook's function. */
type Run = "running" | "returned" | EffectOutcome;

/**
 * Invocations of hooks' functions. A hook reports its result through the API; if the invocation itself fails, there is
 * no need to wait for that (deployments.md §11.4 rule 3). After a restart a hook is invoked again: at least once, like
 * Lambda's own events.
 */
export class HookRuns {
  readonly #runs = new Map<string, Run>();
  readonly #closing = new AbortController();

  /** Invokes the function unless that has been done, and returns the outcome so far. */
  poll(clients: Clients, effect: RunHook): EffectOutcome {
    const { functionName, executionId } = effect;
    if (functionName === undefined) return finished();
    const run = this.#runs.get(executionId);
    if (run === undefined) {
      this.#runs.set(executionId, "running");
      void this.#invoke(clients, effect, functionName);
      return underWay(`${functionName} runs`);
    }
    if (run === "running") return underWay(`${functionName} runs`);
    if (run === "returned")
      return underWay(`${functionName} has returned, and PutLifecycleEventHookExecutionStatus has not been called`);
    if (run.is !== "under way") return run;
    this.#runs.delete(executionId); // it may pass: the next poll invokes it again
    return run;
  }

  /** Stops waiting for invocations. */
  close(): void {
    this.#closing.abort();
  }

  async #invoke(clients: Clients, { deploymentId, executionId }: RunHook, functionName: string): Promise<void> {
    try {
      const event = { DeploymentId: deploymentId, LifecycleEventHookExecutionId: executionId };
      const lambda = await clients.lambda();
      const { FunctionError, Payload } = await lambda.invoke(
        { FunctionName: functionName, Payload: JSON.stringify(event) },
        { abortSignal: this.#closing.signal },
      );
      this.#runs.set(executionId, FunctionError === undefined ? "returned" : crashed(functionName, Payload));
    } catch (error) {
      this.#runs.set(executionId, outcomeOfError(error));
    }
  }
}

/** Characters of a function's error that are shown. */
const errorMax = 500;

function crashed(functionName: string, payload: Uint8Array | undefined): EffectOutcome {
  const text = Buffer.from(payload ?? []).toString("utf8");
  const short = text.length > errorMax ? `${text.slice(0, errorMax)}…` : text;
  return refused("HOOK_EXECUTION_FAILURE", `${functionName} failed: ${short}`);
}
