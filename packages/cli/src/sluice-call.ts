import { signHeaders } from "@sluice/aws-protocol/signature-v4";
import type { Endpoint } from "./endpoint.ts";

/** Calls one of Sluice's own operations, which no SDK has: JSON, signed like AWS's. Throws the fault that it was refused with. */
export async function callSluice(endpoint: Endpoint, operation: string, input: object): Promise<unknown> {
  const { url, region, credentials } = endpoint;
  if (url === undefined || credentials === undefined)
    throw new Error(`Cannot ask for ${operation}: AWS has no such operation. Point AWS_ENDPOINT_URL at Sluice`);
  const body = JSON.stringify(input);
  const headers = signHeaders({
    method: "POST",
    url: new URL("/", url),
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `Sluice_20261124.${operation}` },
    body,
    credentials,
    region,
    service: "sluice",
  });
  const response = await fetch(new URL("/", url), { method: "POST", headers, body }).catch((cause: unknown) => {
    throw new Error(`Cannot reach ${url}`, { cause });
  });
  const answer: unknown = await response.json();
  if (response.ok) return answer;
  const { message = response.statusText } = answer as { readonly message?: string }; // a fault as the front door writes it
  throw new Error(`Cannot ask for ${operation}: ${message}`);
}
