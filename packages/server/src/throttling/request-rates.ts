import { Fault, type Service } from "@sluice/aws-protocol";
import type { OverLimit } from "./limits.ts";

/** How many keys are counted at once: one that is forgotten begins anew. */
const keysMax = 10_000;

/** A bucket of one key: what it has left, and when that was counted. */
interface Bucket {
  left: number;
  at: number;
}

/** Counts requests by access key: so many a second, and twice as many at once. */
export class RequestRates {
  readonly #perSecond: number;
  readonly #clock: () => number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(perSecond: number, clock: () => number) {
    this.#perSecond = perSecond;
    this.#clock = clock;
  }

  /** Takes one request off what a key has left. False when nothing is. */
  take(accessKeyId: string): boolean {
    const now = this.#clock();
    const full = this.#perSecond * 2;
    const bucket = this.#buckets.get(accessKeyId) ?? { left: full, at: now };
    bucket.left = Math.min(full, bucket.left + (Math.max(0, now - bucket.at) / 1000) * this.#perSecond);
    bucket.at = now;
    this.#buckets.delete(accessKeyId);
    this.#buckets.set(accessKeyId, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > keysMax && oldest !== undefined) this.#buckets.delete(oldest);
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
  }
}

/** AWS's refusals, by protocol: SDKs and agents know them, wait and try again. */
const refusals = {
  json: ["ThrottlingException", "Rate exceeded", 400],
  "rest-json": ["ThrottlingException", "Rate exceeded", 429],
  query: ["Throttling", "Rate exceeded", 400],
  ec2: ["RequestLimitExceeded", "Request limit exceeded.", 503],
  "rest-xml": ["SlowDown", "Please reduce your request rate.", 503],
} as const satisfies Readonly<Record<Service["protocol"], readonly [code: string, message: string, status: number]>>;

/** Returns the service with its requests counted, before they do anything. What the control plane asks itself is not. */
export function limited(service: Service, rates: RequestRates, onOver: OverLimit): Service {
  return {
    ...service,
    serve(request) {
      const { call, headers, path } = request;
      const { accessKeyId, principal } = call;
      if (principal.service !== undefined || accessKeyId === "" || rates.take(accessKeyId))
        return service.serve(request);
      onOver("requests", accessKeyId);
      const [code, message, status] = refusals[service.protocol];
      const fault = new Fault(code, message, { status });
      return Promise.resolve(service.refuse(fault, { requestId: call.requestId, headers, path }));
    },
  };
}
