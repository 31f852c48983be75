import { signHeaders } from "@sluice/aws-protocol/signature-v4";
import { type Credentials, type ServerFixture, region } from "../support/server-fixture.ts";

/** The prefixes of `X-Amz-Target` of services that speak JSON; the others speak forms. */
const targets: Readonly<Record<string, string>> = {
  codedeploy: "CodeDeploy_20141006",
  "codedeploy-commands": "CodeDeployCommandService_v20141006",
  sluice: "Sluice_20261124",
};
const versions: Readonly<Record<string, string>> = { iam: "2010-05-08", sts: "2011-06-15" };

/** A response of a service. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** The text of an XML element or a JSON member, at any depth. */
  readonly find: (name: string) => string | undefined;
}

/** Calls an operation such as `iam:ListUsers`, or reads `s3:BUCKET/KEY`, with a key, without an SDK's checks and retries. */
export async function call(
  sluice: ServerFixture,
  credentials: Credentials,
  [service, operation]: readonly [string, string],
  input: Readonly<Record<string, unknown>> = {},
): Promise<Answer> {
  const target = targets[service];
  const method = service === "s3" ? "GET" : "POST";
  const url = new URL(service === "s3" ? `/${operation}` : "/", sluice.url);
  const form = { Action: operation, Version: versions[service] ?? "", ...(input as Record<string, string>) };
  const body =
    service === "s3" ? "" : target === undefined ? new URLSearchParams(form).toString() : JSON.stringify(input);
  const type = target === undefined ? "application/x-www-form-urlencoded" : "application/x-amz-json-1.1";
  const content = { "content-type": type };
  const headers = signHeaders({
    method,
    url,
    body,
    credentials,
    region,
    service,
    headers: target === undefined ? content : { ...content, "x-amz-target": `${target}.${operation}` },
  });
  const response = await fetch(url, { method, headers, body: method === "GET" ? null : body });
  const text = await response.text();
  const find = (name: string) =>
    new RegExp(`<${name}>([^<]*)<|"${name}":"?([^",}]*)`).exec(text)?.slice(1).find(Boolean);
  return { status: response.status, text, find };
}

/** Returns the key in a response of IAM or STS; undefined when the request was refused. */
export function keyIn({ find }: Answer): Credentials | undefined {
  const [accessKeyId, secretAccessKey, sessionToken] = ["AccessKeyId", "SecretAccessKey", "SessionToken"].map(find);
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  const key = { accessKeyId, secretAccessKey };
  return sessionToken === undefined ? key : { ...key, sessionToken };
}
