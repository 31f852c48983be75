import { type ClientConfig, type Clients, openClients } from "./clients.ts";

/** The ways to other AWS services. */
export interface Gateways {
  /** Clients that act with a deployment group's service role. */
  as(serviceRoleArn: string): Clients;
  close(): Promise<void>;
}

/** Where other services are: on our own port with one identity, or at AWS with the role of each deployment group. */
export type Outside =
  | { readonly at: "self"; readonly config: () => ClientConfig }
  | { readonly at: "aws"; readonly region: string };

/** Opens the ways; nothing is loaded or called before it is needed. */
export function openGateways(outside: Outside): Gateways {
  const opened = new Map<string, Clients>();
  return {
    as(serviceRoleArn) {
      const key = outside.at === "self" ? "" : serviceRoleArn;
      const known = opened.get(key);
      if (known !== undefined) return known;
      const clients = openClients(
        outside.at === "self" ? outside.config : () => asRole(outside.region, serviceRoleArn),
      );
      opened.set(key, clients);
      return clients;
    },
    async close() {
      await Promise.all([...opened.values()].map((clients) => clients.close()));
    },
  };
}

/** How long an assumed role is used, in seconds; the SDK assumes it again before that. */
const roleSeconds = 3600;

/** Throttled calls are repeated by the SDK, at its own pace, before the work itself is asked for again. */
const attemptsMax = 5;

function asRole(region: string, RoleArn: string): ClientConfig {
  return {
    region,
    maxAttempts: attemptsMax,
    credentials: async () => {
      const { AssumeRoleCommand, STSClient } = await import("@aws-sdk/client-sts");
      const sts = new STSClient({ region });
      try {
        const { Credentials } = await sts.send(
          new AssumeRoleCommand({ RoleArn, RoleSessionName: "sluice", DurationSeconds: roleSeconds }),
        );
        const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "", Expiration } = Credentials ?? {};
        return {
          accessKeyId: AccessKeyId,
          secretAccessKey: SecretAccessKey,
          sessionToken: SessionToken,
          ...(Expiration === undefined ? {} : { expiration: Expiration }),
        };
      } finally {
        sts.destroy();
      }
    },
  };
}
