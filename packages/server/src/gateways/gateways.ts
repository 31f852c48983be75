import { type ClientConfig, type Clients, openClients } from "./clients.ts";
import { RoleMissing } from "./outcome.ts";

/** The ways to other AWS services. */
export interface Gateways {
  /** Clients that act with a deployment group's service role. */
  as(serviceRoleArn: string): Clients;
  close(): Promise<void>;
}

/** Where other services are: on our own port with one identity or with the role of each deployment group, or at AWS with those roles. */
export type Outside =
  | { readonly at: "self"; readonly config: () => ClientConfig; readonly roles?: LocalRoles | undefined }
  | { readonly at: "aws"; readonly region: string };

/** The roles of a local cloud. */
export interface LocalRoles {
  readonly exists: (roleArn: string) => boolean;
  /** How CodeDeploy itself calls STS: it may assume the roles that trust it, and nothing else. */
  readonly asService: () => ClientConfig;
}

/** Opens the ways; nothing is loaded or called before it is needed. */
export function openGateways(outside: Outside): Gateways {
  const opened = new Map<string, Clients>();
  return {
    as(serviceRoleArn) {
      // A group that is gone has no role any more; what is left to do for it is the control plane's own.
      const isOne = outside.at === "self" && (outside.roles === undefined || serviceRoleArn === "");
      const key = isOne ? "" : serviceRoleArn;
      const known = opened.get(key);
      if (known !== undefined) return known;
      const clients = openClients(isOne ? outside.config : () => configOf(outside, serviceRoleArn));
      opened.set(key, clients);
      return clients;
    },
    async close() {
      await Promise.all([...opened.values()].map((clients) => clients.close()));
    },
  };
}

function configOf(outside: Outside, roleArn: string): ClientConfig {
  if (outside.at === "aws") return asRole({ region: outside.region }, roleArn);
  const { config, roles } = outside;
  if (roles === undefined) return config();
  const { credentials, ...as } = asRole(roles.asService(), roleArn);
  return {
    ...as,
    credentials: async () => {
      if (!roles.exists(roleArn)) throw new RoleMissing(roleArn);
      return credentials();
    },
  };
}

/** How long an assumed role is used, in seconds; the SDK assumes it again before that. */
const roleSeconds = 3600;

/** Throttled calls are repeated by the SDK, at its own pace, before the work itself is asked for again. */
const attemptsMax = 5;

function asRole(own: ClientConfig, RoleArn: string) {
  const { credentials: _own, ...place } = own;
  return {
    ...place,
    maxAttempts: attemptsMax,
    credentials: async () => {
      const { AssumeRoleCommand, STSClient } = await import("@aws-sdk/client-sts");
      const sts = new STSClient(own);
      try {
        const { Credentials } = await sts.send(
          new AssumeRoleCommand({ RoleArn, RoleSessionName: "sluice", DurationSeconds: roleSeconds }),
        );
        const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "", Expiration } = Credentials ?? {};
        const keys = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
        return Expiration === undefined ? keys : { ...keys, expiration: Expiration };
      } finally {
        sts.destroy();
      }
    },
  };
}
