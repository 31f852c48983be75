import { trust } from "./trust.ts";
import { type Configuration, environmentCredentials } from "./config.ts";
import { programName } from "./environment.ts";
import { findRunning } from "./running.ts";

/** Where to send requests, and the key to sign them with. */
export interface Endpoint {
  /** Absent against AWS itself: the SDK knows its addresses. */
  readonly url?: string | undefined;
  readonly region: string;
  readonly credentials?: Credentials | undefined;
}

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Returns the endpoint that a command speaks to: the environment's when it names one, else the `sluice up` of the data folder. Throws with what to do when there is neither. */
export function findEndpoint({ dataFolder, region }: Configuration): Endpoint {
  const { endpoint, accessKeyId, secretAccessKey, sessionToken, region: chosen, caBundle } = environmentCredentials();
  if (caBundle !== undefined && endpoint?.startsWith("https:") === true) trust(caBundle);
  if (endpoint !== undefined && accessKeyId !== undefined && secretAccessKey !== undefined)
    return {
      url: endpoint,
      region: chosen ?? region,
      credentials: { accessKeyId, secretAccessKey, sessionToken },
    };
  const running = findRunning(dataFolder);
  if (running?.caBundle !== undefined && running.url.startsWith("https:")) trust(running.caBundle);
  if (running !== undefined) return { url: running.url, region: running.region, credentials: running };
  throw new Error(
    `Cannot find a control plane: no "sluice up" runs on ${dataFolder}, and AWS_ENDPOINT_URL with its keys is not set. Start one with: ${programName} up`,
  );
}

/** Returns the options of every SDK client. The SDK tells a member that is undefined from one that is absent. */
export function clientOptions({ url, region, credentials }: Endpoint): ClientOptions {
  const options: { -readonly [Key in keyof ClientOptions]: ClientOptions[Key] } = { region };
  if (url !== undefined) options.endpoint = url;
  if (credentials !== undefined) options.credentials = withoutUndefined(credentials);
  return options;
}

interface ClientOptions {
  readonly region: string;
  readonly endpoint?: string;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

function withoutUndefined({ sessionToken, ...key }: Credentials): NonNullable<ClientOptions["credentials"]> {
  return sessionToken === undefined ? key : { ...key, sessionToken };
}
