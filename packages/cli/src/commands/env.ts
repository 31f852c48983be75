import type { Configuration } from "../config.ts";
import { programName } from "../environment.ts";
import { findRunning } from "../running.ts";

/** Shell lines that point the `aws` CLI and every SDK at the running local cloud; for `eval "$(npx sluice env)"`. */
export function env({ dataFolder }: Configuration): string {
  const running = findRunning(dataFolder);
  if (running === undefined)
    throw new Error(
      `Cannot tell the environment: no "sluice up" runs on ${dataFolder}. Start one with: ${programName} up`,
    );
  const exports = {
    ...(running.caBundle === undefined
      ? { AWS_ENDPOINT_URL: running.url }
      : {
          AWS_ENDPOINT_URL: running.url.replace(/^http:/, "https:"),
          AWS_CA_BUNDLE: running.caBundle,
          // SDKs for JavaScript read it from nowhere else.
          NODE_EXTRA_CA_CERTS: running.caBundle,
        }),
    AWS_ACCESS_KEY_ID: running.accessKeyId,
    AWS_SECRET_ACCESS_KEY: running.secretAccessKey,
    AWS_DEFAULT_REGION: running.region,
    AWS_REGION: running.region,
    SLUICE_DATA: dataFolder,
  };
  return [
    // A profile or a session of the user's own would win over, or mix with, the key below.
    "unset AWS_PROFILE AWS_SESSION_TOKEN",
    ...Object.entries(exports).map(([name, value]) => `export ${name}=${quoted(value)}`),
  ].join("\n");
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
