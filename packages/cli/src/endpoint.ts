import { trust } from "./trust.ts";
import { type Configuration, environmentCredentials } from "./config.ts";
import { findRunning } from "./running.ts";

/** Where to send requests, and the key to sign them with. */
export interface Endpoint {
  /** Absent against AWS itself: the SDK knows its addresses. */
  readonly url?: string;
  readonly region: string;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/** The endpoint that a command speaks to: the environment's when it names one, else the `sluice up` of the data folder. Throws with what to do when there is neither. */
export function findEndpoint({ dataFolder, region }: Configuration): Endpoint {
  const { endpoint, accessKeyId, secretAccessKey, sessionToken, region: chosen, caBundle } = environmentCredentials();
  if (caBundle !== undefined && endpoint?.startsWith("https:") === true) trust(caBundle);
  if (endpoint !== undefined && accessKeyId !== undefined && secretAccessKey !== undefined)
    return {
      url: endpoint,
      region: chosen ?? region,
      credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    };
  const running = findRunning(dataFolder);
  if (running?.caBundle !== undefined && running.url.startsWith("https:")) trust(running.caBundle);
  if (running !== undefined) return { url: running.url, region: running.region, credentials: running };
  throw new Error(
    `Cannot find a control plane: no "sluice up" runs on ${dataFolder}, and AWS_ENDPOINT_URL with its keys is not set. Start one with: npx sluice up`,
  );
}

/** What every SDK client of ours is made with. */
export function clientOptions({ url, region, credentials }: Endpoint) {
  return {
    region,
    ...(url === undefined ? {} : { endpoint: url }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}
