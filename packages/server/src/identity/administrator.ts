import { join } from "node:path";
import { newAccessKeyId, newSecret } from "../random.ts";
import { privateFile } from "./private-file.ts";

/** A pair to sign requests with. */
export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * Returns the administrator's key, from a file that the `aws` CLI can read, and only its owner. Created when there is
 * none.
 */
export function administratorKey(dataFolder: string): KeyPair {
  const file = join(dataFolder, "credentials");
  const text = privateFile(
    file,
    () => `[default]\naws_access_key_id = ${newAccessKeyId("AKIA")}\naws_secret_access_key = ${newSecret()}\n`,
  );
  const value = (name: string) => new RegExp(`^${name}\\s*=\\s*(\\S+)`, "m").exec(text)?.[1];
  const [accessKeyId, secretAccessKey] = [value("aws_access_key_id"), value("aws_secret_access_key")];
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new Error(
      `Cannot read the administrator's key: "${file}" must have the lines aws_access_key_id and aws_secret_access_key. Delete it to get a new key`,
    );
  return { accessKeyId, secretAccessKey };
}
