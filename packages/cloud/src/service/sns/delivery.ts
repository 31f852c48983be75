import { withoutUndefined } from "../../without-undefined.ts";
import { setTimeout as pause } from "node:timers/promises";
import { request as openRequest } from "@sluice/aws-protocol/node-http";
import { checkedEndpoint } from "./endpoint.ts";
import type { SubscriptionRecord } from "./records.ts";

/** Seconds between the attempts of one delivery: AWS's default is three retries, 20 s apart. */
const retrySeconds = [1, 20, 20];

/** How long an endpoint may take to respond, in milliseconds. */
const answerMilliseconds = 15_000;

/** Deliveries under way at most: more are dropped, with a warning. */
const deliveriesMax = 1_000;

/** A message on its way to an endpoint. */
export interface Parcel {
  readonly kind: "Notification" | "SubscriptionConfirmation" | "UnsubscribeConfirmation";
  readonly messageId: string;
  readonly body: string;
  readonly isRaw: boolean;
}

/** Delivers messages to endpoints, independently of each other, and retries. */
export class Deliveries {
  readonly #closing = new AbortController();
  readonly #note: (line: string) => void;
  #underWay = 0;

  constructor(note: (line: string) => void) {
    this.#note = note;
  }

  /** Starts a delivery. */
  send(subscription: SubscriptionRecord, parcel: Parcel): void {
    if (this.#underWay >= deliveriesMax)
      return this.#note(`A message to "${subscription.endpoint}" is dropped: ${deliveriesMax} others are under way`);
    this.#underWay += 1;
    void this.#deliver(subscription, parcel).finally(() => (this.#underWay -= 1));
  }

  close(): void {
    this.#closing.abort();
  }

  async #deliver(subscription: SubscriptionRecord, parcel: Parcel): Promise<void> {
    const { signal } = this.#closing;
    let trouble = "";
    for (const seconds of [0, ...retrySeconds]) {
      try {
        await pause(seconds * 1000, undefined, { signal, ref: false });
      } catch {
        return; // the cloud is closing
      }
      trouble = await post(subscription, parcel, signal).catch((error: Error) => error.message);
      if (trouble === "") return;
    }
    this.#note(`A message to "${subscription.endpoint}" is not delivered: ${trouble}`);
  }
}

/** Posts once. Returns what went wrong, or "" when the endpoint has accepted the message. */
function post(
  subscription: SubscriptionRecord,
  { kind, messageId, body, isRaw }: Parcel,
  signal: AbortSignal,
): Promise<string> {
  const url = checkedEndpoint(subscription.endpoint);
  return new Promise((resolve, reject) => {
    const sent = openRequest({
      agent: false,
      // A name that means this machine is not looked up, so that nobody can make it mean another.
      host: url.hostname === "[::1]" ? "::1" : url.hostname.endsWith("localhost") ? "127.0.0.1" : url.hostname,
      port: url.port === "" ? 80 : Number(url.port),
      path: `${url.pathname}${url.search}`,
      method: "POST",
      headers: withoutUndefined({
        host: url.host,
        "content-type": "text/plain; charset=UTF-8",
        "content-length": Buffer.byteLength(body),
        "user-agent": "Amazon Simple Notification Service Agent",
        "x-amz-sns-message-type": kind,
        "x-amz-sns-message-id": messageId,
        "x-amz-sns-topic-arn": subscription.topicArn,
        "x-amz-sns-subscription-arn": kind === "Notification" ? subscription.arn : undefined,
        "x-amz-sns-rawdelivery": isRaw ? "true" : undefined,
      }),
      timeout: answerMilliseconds,
      signal,
    });
    sent.once("timeout", () => sent.destroy(new Error("no answer in time")));
    sent.once("error", reject);
    sent.once("response", (answer) => {
      const { statusCode = 0 } = answer;
      answer.resume();
      resolve(statusCode >= 200 && statusCode < 300 ? "" : `it answered ${statusCode}`);
    });
    sent.end(body);
  });
}
