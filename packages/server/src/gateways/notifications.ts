import type { Clients } from "./clients.ts";

/** Characters that a subject may have at SNS. */
const subjectCharactersMax = 100;

/** Publishes a message to an SNS topic. */
export async function publish(
  clients: Clients,
  { topic, subject, body }: { readonly topic: string; readonly subject: string; readonly body: string },
): Promise<void> {
  const sns = await clients.sns();
  await sns.publish({ TopicArn: topic, Subject: subject.slice(0, subjectCharactersMax), Message: body });
}

/** How long a webhook may take to respond, in milliseconds. */
const webhookMilliseconds = 10_000;

/** Posts an event to the webhook that stands in for the event bus. Throws unless the response is a success. */
export async function postEvent(url: string, body: string): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
    redirect: "error",
    signal: AbortSignal.timeout(webhookMilliseconds),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`The webhook responded with status ${response.status}`);
}
