import { createHash } from "node:crypto";
import { type Call, defineService, Fault, onAnyResource, type Service, accessesFromTable } from "@sluice/aws-protocol";
import { version } from "@sluice/aws-protocol/version";
import type { AuditEntry } from "../audit/audit-entry.ts";
import { instanceAccess } from "../access/codedeploy-accesses.ts";
import {
  deploymentAccesses,
  deploymentOperations,
  type DeploymentOperationsContext,
  deploymentShapes,
} from "./deployment-operations.ts";
import { backupOperations, type Backups, backupShapes } from "./backups.ts";
import { type OperationShapes, sluiceModel } from "./sluice-model.ts";
import { type GitHubToken, isTokenName, keepToken, tokenArn } from "./github-secrets.ts";
import type { ConsoleCode, ConsoleCodes } from "../console/sessions/codes.ts";
import type { Identities } from "../identity/identities.ts";

// Sluice's own operations, spoken like AWS's: signed JSON, with the signing name `sluice`. Permissions are `sluice:…`.

export interface SluiceContext extends DeploymentOperationsContext {
  readonly identities: Identities;
  /** The authority of the control plane's own certificate, in PEM, if it has one. */
  readonly authority: string | undefined;
  /** By what hosts know the key that specifications are signed with: the SHA-256 of the public key, in hex. */
  readonly signerSha256: () => Promise<string>;
  readonly consoleCodes: ConsoleCodes;
  /** Absent where the files of this machine alone are no backup. */
  readonly backups?: Backups | undefined;
  /** The unique id of the user that an ARN names now, where there is an IAM. */
  readonly uniqueIdOf?: ((arn: string) => string | undefined) | undefined;
}

/** Entries on a page. */
const pageSize = 500;

const shapes = {
  ListAuditEntries: [
    { since: "number", nextToken: "text" },
    {
      entries: [
        {
          sequence: "number",
          at: "number",
          requestId: "text",
          service: "text",
          operation: "text",
          caller: "text",
          accessKeyId: "text",
          sourceIp: "text",
          resources: "texts",
          outcome: "text",
        },
      ],
      nextToken: "text",
      isIntact: "truth",
      problem: "text",
      head: "text",
    },
  ],
  CreateHostRegistration: [
    { instanceName: "text" },
    { token: "text", expiresAt: "number", authoritySha256: "text", signerSha256: "text" },
  ],
  PutGitHubAccountToken: [{ tokenName: "text", token: "text", applicationNames: "texts" }, { tokenName: "text" }],
  CreateConsoleCode: [{}, { code: "text", expiresAt: "number" }],
  ...backupShapes,
  GetVersion: [{}, { version: "text" }],
  ...deploymentShapes,
} as const satisfies OperationShapes;

const operations = {
  ...deploymentOperations,
  ...backupOperations,

  /** Returns entries since a time, in milliseconds; the first page also says whether the log is intact. */
  async ListAuditEntries(
    { identities: { audit } }: SluiceContext & { readonly call: Call },
    { since = 0, nextToken }: { readonly since?: number | undefined; readonly nextToken?: string | undefined },
  ): Promise<{ readonly entries: readonly AuditEntry[]; readonly nextToken?: string | undefined }> {
    const after = nextToken === undefined ? 0 : Number(nextToken);
    if (!Number.isSafeInteger(after) || !Number.isSafeInteger(since))
      throw new Fault(
        "ValidationException",
        `nextToken is "${nextToken}" and since is ${since}: both must be whole numbers`,
      );
    const entries = audit.read({ since, after, count: pageSize });
    const proof = nextToken === undefined ? await audit.prove() : undefined;
    const last = entries.length === pageSize ? entries.at(-1) : undefined;
    return {
      entries,
      nextToken: last && String(last.sequence),
      ...proof,
    };
  },

  /** A token with which a registered on-premises instance gets its key, and by what its host knows the authority that it is to trust, and the signer that it is to obey. */
  async CreateHostRegistration(
    { store, identities, authority, signerSha256, uniqueIdOf }: SluiceContext & { readonly call: Call },
    { instanceName: name = "" }: { readonly instanceName?: string | undefined },
  ): Promise<HostRegistration> {
    const instance = store.onPremises.byName(name);
    if (instance === undefined || instance.deregisterTime !== undefined)
      throw new Fault("InstanceNotRegisteredException", `No on-premises instance is registered as "${name}"`);
    if (!("iamUserArn" in instance.identity))
      throw new Fault(
        "InvalidInstanceNameException",
        `The on-premises instance "${name}" signs with sessions of a role: those are renewed by whoever runs it`,
      );
    const { iamUserArn } = instance.identity;
    if (uniqueIdOf?.(iamUserArn) !== undefined)
      throw new Fault(
        "InvalidInstanceNameException",
        `The on-premises instance "${name}" signs as the IAM user ${iamUserArn}, and IAM gives that user's keys: aws iam create-access-key`,
      );
    return {
      ...(await identities.newRegistration({ arn: iamUserArn, instance: instance.arn })),
      signerSha256: await signerSha256(),
      authoritySha256: authority === undefined ? undefined : createHash("sha256").update(authority).digest("hex"),
    };
  },

  /** Keeps a token for private revisions of some applications. CodeDeploy's own operations list the names, and delete them. */
  async PutGitHubAccountToken(
    { store, identities }: SluiceContext & { readonly call: Call },
    { tokenName = "", token = "", applicationNames = [] }: Partial<GitHubToken>,
  ): Promise<{ readonly tokenName: string }> {
    await keepToken({ store, identities }, { tokenName, token, applicationNames });
    return { tokenName };
  },

  /** A code that a browser turns into a session of the console with the rights of the key that has signed this: once, within a minute. */
  CreateConsoleCode({
    consoleCodes,
    call: { principal, accessKeyId },
  }: SluiceContext & { readonly call: Call }): ConsoleCode {
    if (principal.host !== undefined || principal.service !== undefined)
      throw new Fault("InvalidIdentityException", `${principal.arn} is a host or a service, and looks at no console`);
    return consoleCodes.issue(accessKeyId);
  },

  /** The version of the control plane. Whoever has no key is not told. */
  GetVersion: () => ({ version }),
};

interface HostRegistration {
  readonly token: string;
  readonly expiresAt: number;
  readonly signerSha256: string;
  readonly authoritySha256?: string | undefined;
}

/** Sluice's own operations. Policies decide who may read the audit log, like everything else. */
export function sluiceService(context: SluiceContext, onDefect: (error: unknown, requestId: string) => void): Service {
  const { store } = context;
  const accesses = accessesFromTable({
    ...onAnyResource(["ListAuditEntries", "BeginBackup", "EndBackup", "GetVersion"]),
    ...deploymentAccesses(context),
    CreateHostRegistration: ({ instanceName }) =>
      typeof instanceName === "string" && store.onPremises.byName(instanceName) !== undefined
        ? [instanceAccess(context, instanceName)]
        : [],
    PutGitHubAccountToken: ({ tokenName }) => [
      {
        resource:
          typeof tokenName === "string" && isTokenName(tokenName)
            ? tokenArn(context, store.githubTokens.byName(tokenName)?.name ?? tokenName)
            : undefined,
      },
    ],
  });
  return defineService({
    name: "sluice",
    model: sluiceModel(shapes),
    signingNames: ["sluice"],
    operations,
    context,
    accesses,
    onDefect,
  });
}
