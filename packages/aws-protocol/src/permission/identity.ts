import type { PolicyDocument } from "../policy/index.ts";

/** Policies as refusals call them. */
export type PolicyName = "identity-based policy" | "permissions boundary" | "session policy" | "resource-based policy";

/** Policies of one kind, of which one must allow what somebody does. */
export interface PolicySet {
  readonly kind: PolicyName;
  readonly documents: readonly PolicyDocument[];
}

/** Who is asking. One with neither `host` nor `policies` is an administrator, who may do everything. */
export interface Principal {
  readonly accountId: string;
  /** `arn:aws:iam::…:user/…`, `arn:aws:sts::…:assumed-role/ROLE/SESSION`, … */
  readonly arn: string;
  readonly userId: string;
  /** Of a session: the ARN of its role, whose path the session's own ARN lacks. Absent: that role is not known. */
  readonly roleArn?: string | undefined;
  /** The HostIdentifier that a host agent polls with, such as `arn:aws:ec2:REGION:ACCOUNT:instance/i-…`. */
  readonly host?: string | undefined;
  /** What it may do: each set must allow it, as a session's own policies and a boundary narrow those of its role. Absent on a host: nothing beyond what hosts may. */
  readonly policies?: readonly PolicySet[] | undefined;
  /** Its tags, for conditions. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Set when an AWS service asks for itself, such as `codedeploy.amazonaws.com`. */
  readonly service?: string | undefined;
}

/** A key that requests are signed with. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Present on temporary credentials: the request must carry the same text. */
  readonly sessionToken?: string | undefined;
  /** Milliseconds since the epoch; absent on long-lived keys. */
  readonly expiresAt?: number | undefined;
  readonly principal: Principal;
}

/** Where access keys are looked up. An unknown id gives undefined. */
export interface AccessKeys {
  find(accessKeyId: string): AccessKey | undefined | Promise<AccessKey | undefined>;
}

/** What an operation may know of the request that called it. */
export interface Call {
  readonly requestId: string;
  /** Taken from the credential scope: the only place where a request names its region. */
  readonly region: string;
  readonly principal: Principal;
  /** The key that signed the request. */
  readonly accessKeyId: string;
  /** Scheme, host and port as the caller addressed us, such as `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** The caller's address, where it came over TCP. */
  readonly sourceIp?: string | undefined;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
}

/** Who does not sign, at services that admit such callers: function URLs do. */
export const anonymous: Principal = { accountId: "anonymous", arn: "anonymous", userId: "anonymous", policies: [] };
