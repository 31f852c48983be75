import { buildModel, type Call, defineService, Fault, type Service } from "@sluice/aws-protocol";
import type { AuditEntry, AuditLog } from "./audit-log.ts";

// Sluice's own operations, spoken like AWS's: signed JSON, with the signing name `sluice`. Permissions are `sluice:…`.

/** What the operations work with. */
export interface SluiceContext {
  readonly audit: AuditLog;
}

/** Entries on a page. */
const pageSize = 500;

const [text, number, truth] = [0, 1, 2];

const model = buildModel({
  protocol: "json",
  version: "2026-11-24",
  targetPrefix: "Sluice_20261124",
  operations: { ListAuditEntries: [3, 4] },
  errors: {},
  shapes: [
    ["string"],
    ["number"],
    ["boolean"],
    structure("ListAuditEntriesInput", { since: number, nextToken: text }),
    structure("ListAuditEntriesOutput", { entries: 5, nextToken: text, isIntact: truth, problem: text, head: text }),
    ["list", "AuditEntries", {}, [6]],
    structure("AuditEntry", {
      ...{ sequence: number, at: number, requestId: text, service: text, operation: text, caller: text },
      ...{ accessKeyId: text, sourceIp: text, resources: 7, outcome: text },
    }),
    ["list", "Resources", {}, [text]],
  ],
});

const operations = {
  /** Entries since a time, in milliseconds; the first page says whether the log is intact. */
  ListAuditEntries(
    { audit }: SluiceContext & { readonly call: Call },
    { since = 0, nextToken }: { readonly since?: number; readonly nextToken?: string },
  ): { readonly entries: readonly AuditEntry[]; readonly nextToken?: string } {
    const after = nextToken === undefined ? 0 : Number(nextToken);
    if (!Number.isSafeInteger(after) || !Number.isSafeInteger(since))
      throw new Fault(
        "ValidationException",
        `nextToken is "${nextToken}" and since is ${since}: whole numbers are wanted`,
      );
    const entries = audit.read({ since, after, count: pageSize });
    const last = entries.length === pageSize ? entries.at(-1) : undefined;
    return {
      entries,
      ...(last === undefined ? {} : { nextToken: String(last.sequence) }),
      ...(nextToken === undefined ? audit.prove() : {}),
    };
  },
};

/** Sluice's own operations: who may read the audit log is decided by policies like everything else. */
export function sluiceService(context: SluiceContext, onDefect: (error: unknown, requestId: string) => void): Service {
  return defineService({ name: "sluice", model, signingNames: ["sluice"], operations, context, onDefect });
}

function structure(name: string, members: Readonly<Record<string, number>>) {
  return ["structure", name, {}, Object.entries(members).map(([member, shape]) => [member, [shape]])] as const;
}
