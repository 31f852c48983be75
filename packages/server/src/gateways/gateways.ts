import { type BeforeCalls, type ClientConfig, type Clients, openClients } from "./clients.ts";
import { RoleMissing } from "./outcome.ts";

/** The way to other AWS services. */
export interface Gateways {
  /** Clients that act with a deployment group's service role. */
  as(serviceRoleArn: string): Clients;
  /** What calls wait for that no client makes. */
  readonly beforeCalls?: BeforeCalls | undefined;
  close(): Promise<void>;
}

/** Where other services are: at our own port, with one identity or with each deployment group's role, or at AWS with those roles. */
export type ServiceLocation =
  | { readonly at: "self"; readonly config: () => ClientConfig; readonly roles?: LocalRoles | undefined }
  | { readonly at: "aws"; readonly region: string };

/** The roles of a local cloud. */
export interface LocalRoles {
  readonly exists: (roleArn: string) => boolean;
  /** How CodeDeploy itself calls STS: it may assume the roles that trust it, nothing else. */
  readonly asService: () => ClientConfig;
}

/** Opens the gateways. Nothing is loaded or called before it is needed. */
export function openGateways(location: ServiceLocation, beforeCalls?: BeforeCalls): Gateways {
  const opened = new Map<string, Clients>();
  return {
    as(serviceRoleArn) {
      // A deleted deployment group has no role: what remains to be done for it is done by the control plane itself.
      const isOne = location.at === "self" && (location.roles === undefined || serviceRoleArn === "");
      const key = isOne ? "" : serviceRoleArn;
      const cached = opened.get(key);
      if (cached !== undefined) return cached;
      const clients = openClients(isOne ? location.config : () => configOf(location, serviceRoleArn), beforeCalls);
      opened.set(key, clients);
      return clients;
    },
    beforeCalls,
    async close() {
      await Promise.all([...opened.values()].map((clients) => clients.close()));
    },
  };
}

function configOf(location: ServiceLocation, roleArn: string): ClientConfig {
  if (location.at === "aws") return asRole({ region: location.region }, roleArn);
  const { config, roles } = location;
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

/** How long the credentials of an assumed role are valid, in seconds; the SDK renews them before that. */
const roleSeconds = 3600;

/** The SDK itself repeats throttled calls this often, at its own pace, before the effect is tried again. */
const attemptsMax = 5;

function asRole(own: ClientConfig, RoleArn: string) {
  const { credentials: _own, ...place } = own;
  return {
    ...place,
    maxAttempts: attemptsMax,
    credentials: async () => {
      const { STS } = await import("@aws-sdk/client-sts");
      const sts = new STS(own);
      try {
        const { Credentials } = await sts.assumeRole({
          RoleArn,
          RoleSessionName: "sluice",
          DurationSeconds: roleSeconds,
        });
        const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "", Expiration } = Credentials ?? {};
        const keys = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
        return Expiration === undefined ? keys : { ...keys, expiration: Expiration };
      } finally {
        sts.destroy();
      }
    },
  };
}
