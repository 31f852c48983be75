import type { CloudDatabase } from "../../../store/database.ts";
import type { Executor } from "../execution/executor.ts";
import type { InvocationResult } from "../execution/sandbox.ts";
import { functionOf, sharesOf, versionOf } from "../store/function-rows.ts";
import { arnOf, latest } from "../names.ts";

/** What a call of a function needs. */
export interface CallContext {
  readonly db: CloudDatabase;
  readonly executor: Executor;
  /** A number from 0 to below 1, for aliases with weights. */
  readonly chance: () => number;
  readonly region: string;
  readonly accountId: string;
}

/** An event for a function, wherever it comes from. */
export interface FunctionEvent {
  readonly name: string;
  readonly qualifier: string | undefined;
  readonly payload: Uint8Array;
  readonly requestId: string;
  readonly clientContext?: string | undefined;
}

/** Runs an event to its end, in the version that the qualifier, or chance among an alias's two, leads to. */
export async function callFunction(
  context: CallContext,
  event: FunctionEvent,
): Promise<{ readonly outcome: InvocationResult; readonly version: string }> {
  const { name, qualifier, payload, requestId, clientContext } = event;
  const { version, reserved } = chooseVersion(context, event);
  const outcome = await context.executor.invoke({
    name,
    version,
    requestId,
    payload,
    clientContext,
    reserved,
    record: versionOf(context, name, version),
    functionArn: arnOf(context, name, qualifier),
  });
  return { outcome, version };
}

/** Returns the version that a qualifier leads to this time. Throws a Fault when there is none. */
export function chooseVersion(
  context: Omit<CallContext, "executor">,
  { name, qualifier = latest }: Pick<FunctionEvent, "name" | "qualifier">,
): { version: string; reserved: number | undefined } {
  const { reserved } = functionOf(context, name);
  const shares = sharesOf(context, name, qualifier);
  let left = context.chance();
  let chosen = latest;
  for (const [version, share] of shares) {
    chosen = version;
    if (left < share) break;
    left -= share;
  }
  versionOf(context, name, chosen);
  return { version: chosen, reserved: reserved ?? undefined };
}
