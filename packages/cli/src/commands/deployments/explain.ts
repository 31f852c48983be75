import { printable } from "@sluice/aws-protocol/printable";
import type { Endpoint } from "../../endpoint.ts";
import { exitCodes } from "../../exit-codes.ts";
import { callSluice } from "../../sluice-call.ts";
import { asJson } from "./as-json.ts";

/** Prints why a deployment is as it is, for people or as JSON. Returns the exit code. */
export async function explain(
  endpoint: Endpoint,
  { id, json }: { readonly id: string; readonly json?: boolean | undefined },
  print: (line: string) => void,
): Promise<number> {
  const { explanation } = (await callSluice(endpoint, "ExplainDeployment", { deploymentId: id })) as Explained;
  if (json === true) print(asJson(explanation));
  else for (const line of explanation.text) print(printable(line));
  const { status } = explanation;
  return status === "Failed" || status === "Stopped" ? exitCodes.deploymentFailed : exitCodes.ok;
}

/** The operation's output, as far as it is looked at. */
interface Explained {
  readonly explanation: { readonly status: string; readonly text: readonly string[] };
}
