/** Who did what to which resources, when, and with what outcome. Never a body, a header or a secret. */
export interface AuditEntry {
  readonly sequence: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly requestId: string;
  readonly service: string;
  readonly operation: string;
  readonly caller: string;
  readonly accessKeyId: string;
  readonly sourceIp?: string | undefined;
  readonly resources: readonly string[];
  /** `Succeeded`, or the name of the fault. */
  readonly outcome: string;
}
