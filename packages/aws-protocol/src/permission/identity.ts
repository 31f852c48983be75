import type { PolicyDocument } from "../policy/index.ts";

/** Policies as refusals call them. */
export type PolicyName = "identity-based policy" | "permissions boundary" | "session policy" | "resource-based policy";

/** Policies of one kind, of which one must allow the action. */
export interface PolicySet {
  readonly kind: PolicyName;
  readonly documents: readonly PolicyDocument[];
}

/** The authenticated caller. One with neither `host` nor `policies` is an administrator, who may do everything. */
export interface Principal {
  readonly accountId: string;
  /** `arn:aws:iam::…:user/…`, `arn:aws:sts::…:assumed-role/ROLE/SESSION`, … */
  readonly arn: string;
  readonly userId: string;
  /** Of a session: the ARN of its role, with the path that the session's own ARN lacks. Undefined when the role is not known. */
  readonly roleArn?: string | undefined;
  /** The HostIdentifier that a host agent polls with, such as `arn:aws:ec2:REGION:ACCOUNT:instance/i-…`. */
  readonly host?: string | undefined;
  /** What it may do: each set must allow it, as a session's policies and a boundary narrow those of its role. Undefined on a host: what hosts may do, and nothing else. */
  readonly policies?: readonly PolicySet[] | undefined;
  /** Its tags, for policies' conditions. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Set when an AWS service calls on its own behalf, such as `codedeploy.amazonaws.com`. */
  readonly service?: string | undefined;
}

/** A key that requests are signed with. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials: the request must carry the same text. */
  readonly sessionToken?: string | undefined;
  /** Milliseconds since the epoch; undefined on long-lived keys. */
  readonly expiresAt?: number | undefined;
  readonly principal: Principal;
}

/** Looks access keys up. Returns undefined for an unknown id. */
export interface AccessKeys {
  find(accessKeyId: string): AccessKey | undefined | Promise<AccessKey | undefined>;
}

/** What an operation may know of the request that called it. */
export interface Call {
  readonly requestId: string;
  /** From the credential scope, the only place where a request names its region. */
  readonly region: string;
  readonly principal: Principal;
  /** The key that signed the request. */
  readonly accessKeyId: string;
  /** Scheme, host and port as the caller has used them, such as `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** The caller's address, when it came over TCP. */
  readonly sourceIp?: string | undefined;
  /** What an agent of CodeDeploy says its version is, at most 64 printable characters. */
  readonly agentVersion?: string | undefined;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
}

/** A caller who does not sign, at services that admit such callers, as function URLs do. */
export const anonymous: Principal = { accountId: "anonymous", arn: "anonymous", userId: "anonymous", policies: [] };
