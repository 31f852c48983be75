import type { EffectOf } from "@sluice/engine";
import type { Clients } from "./clients.ts";
import { finished, outcomeOfError, refused, underWay, type EffectOutcome } from "./outcome.ts";

type RunHook = EffectOf<"run hook">;

/** How one call of a hook's function stands. */
type Run = "running" | "returned" | EffectOutcome;

/** Calls of hooks' functions. A hook answers through the API; a call that breaks is known here, and need not be waited for (deployments.md §11.4 rule 3). After a restart a hook is called again: like Lambda's own events, at least once. */
export class HookRuns {
  readonly #runs = new Map<string, Run>();
  readonly #closing = new AbortController();

  /** Calls the function if that has not happened, and tells how it stands. */
  ask(clients: Clients, effect: RunHook): EffectOutcome {
    const { functionName, executionId } = effect;
    if (functionName === undefined) return finished();
    const run = this.#runs.get(executionId);
    if (run === undefined) {
      this.#runs.set(executionId, "running");
      void this.#call(clients, effect, functionName);
      return underWay(`${functionName} runs`);
    }
    if (run === "running") return underWay(`${functionName} runs`);
    if (run === "returned")
      return underWay(`${functionName} has returned, and PutLifecycleEventHookExecutionStatus has not been called`);
    if (run.is !== "under way") return run;
    this.#runs.delete(executionId); // it may pass: the next time calls again
    return run;
  }

  /** Waits for no call any more. */
  close(): void {
    this.#closing.abort();
  }

  async #call(clients: Clients, { deploymentId, executionId }: RunHook, functionName: string): Promise<void> {
    try {
      const { InvokeCommand } = await import("@aws-sdk/client-lambda");
      const event = { DeploymentId: deploymentId, LifecycleEventHookExecutionId: executionId };
      const client = await clients.functions();
      const { FunctionError, Payload } = await client.send(
        new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(event) }),
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
