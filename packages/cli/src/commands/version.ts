import { version } from "@sluice/aws-protocol/version";
import type { Endpoint } from "../endpoint.ts";
import { callSluice } from "../sluice-call.ts";

/** Returns the lines that tell this program's version, and that of the control plane which it speaks to. They differ while one of them has been upgraded. */
export async function versions(endpoint: Endpoint): Promise<readonly string[]> {
  const { version: answered } = (await callSluice(endpoint, "GetVersion", {})) as { readonly version: string }; // the operation's output
  return [`sluice ${version}`, `${endpoint.url} ${answered}`];
}
