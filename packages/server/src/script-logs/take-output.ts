import { Fault } from "@sluice/aws-protocol";
import type { CommandRecord } from "../store/deployments/outbox.ts";
import type { ScriptLogs } from "../store/script-logs.ts";

/** What an agent sends while a script runs. */
export interface HostCommandOutput {
  /** The number of the first line, from 1. */
  readonly FirstLine?: number | undefined;
  readonly Lines?: readonly string[] | undefined;
}

/** More than an agent of ours sends: lines in one request, characters of a line, and lines of an event. */
const [linesMax, lineCharactersMax, lineNumberMax] = [1_000, 8_192, 100_000_000];

/** Keeps lines of a host's command. Throws a fault for what is malformed. */
export function takeOutput(
  { scriptLogs, clock }: { readonly scriptLogs: ScriptLogs; readonly clock: () => number },
  { deploymentId, targetId, event }: CommandRecord,
  { FirstLine: first = 0, Lines: lines = [] }: HostCommandOutput,
): Promise<void> {
  if (!Number.isSafeInteger(first) || first < 1 || first > lineNumberMax)
    throw new Fault("ClientException", `FirstLine is ${first}, and must be a whole number from 1 to ${lineNumberMax}`);
  if (lines.length === 0 || lines.length > linesMax)
    throw new Fault("ClientException", `Lines has ${lines.length} items, and must have 1 to ${linesMax}`);
  const texts = lines.map((line) => line.slice(0, lineCharactersMax).replaceAll(/[\r\n]/g, " "));
  return scriptLogs.append({ deploymentId, target: targetId, event, first, lines: texts, at: clock() });
}
