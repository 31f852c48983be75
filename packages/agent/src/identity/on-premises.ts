import { existsSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { plainKeys } from "../config-values.ts";
import type { SigningCredentials } from "@sluice/aws-protocol/signature-v4";

/** This host's identity in the on-premises file (agent.md §7.5). */
export interface OnPremises {
  readonly hostIdentifier: string;
  readonly region: string;
  readonly credentials: () => SigningCredentials;
}

/** Reads the on-premises file. Returns undefined when there is none, or when it has no ARN. Throws the official agent's sentences. */
export function readOnPremises(file: string): OnPremises | undefined {
  if (!existsSync(file)) return undefined;
  const values = readValues(file);
  const user = values.get("iam_user_arn");
  const session = values.get("iam_session_arn");
  if (user !== undefined && session !== undefined)
    throw new Error("On Premises config cannot contain both 'iam_user_arn' and 'iam_session_arn' keys.");
  if (user !== undefined) {
    const need = (key: string) => required(values, key, "iam_user_arn");
    const credentials = { accessKeyId: need("aws_access_key_id"), secretAccessKey: need("aws_secret_access_key") };
    return { hostIdentifier: user, region: need("region"), credentials: () => credentials };
  }
  if (session === undefined) return undefined;
  const need = (key: string) => required(values, key, "iam_session_arn");
  return {
    hostIdentifier: session,
    region: need("region"),
    credentials: sharedCredentials(need("aws_credentials_file")),
  };
}

function readValues(file: string): Map<string, string> {
  try {
    return new Map([...plainKeys(parse(readFileSync(file, "utf8")))].map(([key, value]) => [key, String(value)]));
  } catch (cause) {
    throw new Error(
      `The deployment failed because the format of the following on-premises configuration file is invalid: ${file}`,
      { cause },
    );
  }
}

function required(values: Map<string, string>, key: string, because: string): string {
  const value = values.get(key);
  if (value === undefined || value === "") throw new Error(`'${key}' key is required when '${because}' is provided.`);
  return value;
}

/** The interval at which the credentials file is read again: another program renews the session credentials in it. */
const rereadMilliseconds = 30 * 60_000;

function sharedCredentials(file: string): () => SigningCredentials {
  let read: { at: number; credentials: SigningCredentials } | undefined;
  return () => {
    if (read === undefined || Date.now() - read.at > rereadMilliseconds)
      read = { at: Date.now(), credentials: readProfile(file) };
    return read.credentials;
  };
}

function readProfile(file: string): SigningCredentials {
  try {
    const profile = /^\[default\][^\S\n]*\n([^[]*)/m.exec(readFileSync(file, "utf8"))?.[1] ?? "";
    const value = (key: string) => new RegExp(`^[ \\t]*${key}[ \\t]*=[ \\t]*(\\S+)`, "m").exec(profile)?.[1];
    const [accessKeyId, secretAccessKey, sessionToken] = [
      "aws_access_key_id",
      "aws_secret_access_key",
      "aws_session_token",
    ].map(value);
    if (accessKeyId === undefined || secretAccessKey === undefined) throw new Error("its default profile has no key");
    return { accessKeyId, secretAccessKey, sessionToken };
  } catch (cause) {
    throw new Error(`Failed to load credentials from path ${file}`, { cause });
  }
}
