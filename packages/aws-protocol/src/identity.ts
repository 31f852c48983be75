/** Who is asking. A principal with a `host` may act as that one host and nothing else; one without is an administrator. */
export interface Principal {
  readonly accountId: string;
  /** `arn:aws:iam::…:user/…`, `arn:aws:sts::…:assumed-role/ROLE/SESSION`, … */
  readonly arn: string;
  readonly userId: string;
  /** The HostIdentifier that a host agent polls with, such as `arn:aws:ec2:REGION:ACCOUNT:instance/i-…`. */
  readonly host?: string;
}

/** A key that requests are signed with. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Present on temporary credentials: the request must carry the same text. */
  readonly sessionToken?: string;
  /** Milliseconds since the epoch; absent on long-lived keys. */
  readonly expiresAt?: number;
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
  /** Scheme, host and port as the caller addressed us, such as `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
}
