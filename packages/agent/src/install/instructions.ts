import type { SecurityContext } from "@sluice/engine/appspec";

/** A step of an installation, in the format of the official agent (agent.md §3.6). */
export type Instruction =
  | { readonly type: "mkdir"; readonly directory: string }
  | { readonly type: "copy"; readonly source: string; readonly destination: string }
  | { readonly type: "chmod"; readonly mode: string; readonly file: string }
  | { readonly type: "chown"; readonly owner: string | null; readonly group: string | null; readonly file: string }
  | { readonly type: "setfacl"; readonly acl: readonly string[]; readonly file: string }
  | { readonly type: "semanage"; readonly context: SemanageContext; readonly file: string };

/** An SELinux context with all its fields. */
export interface SemanageContext {
  readonly user: string | null;
  readonly role: null;
  readonly type: string;
  readonly range: string | null;
}

/** Returns the context of an instruction. */
export function semanageContext({ user, type, range }: SecurityContext): SemanageContext {
  return { user: user ?? null, role: null, type, range: range ?? null };
}
