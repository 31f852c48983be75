import type { Clients } from "./clients.ts";

/** Characters that a subject may have at SNS. */
const subjectCharactersMax = 100;

/** Publishes a message to an SNS topic. Throws when it could not. */
export async function publish(
  clients: Clients,
  { topic, subject, body }: { readonly topic: string; readonly subject: string; readonly body: string },
): Promise<void> {
  const { PublishCommand } = await import("@aws-sdk/client-sns");
  const Subject = subject.slice(0, subjectCharactersMax);
  await (await clients.notifications()).send(new PublishCommand({ TopicArn: topic, Subject, Message: body }));
}

/** How long a webhook may take to answer, in milliseconds. */
const webhookMilliseconds = 10_000;

/** Posts an event to the webhook that stands for the event bus. Throws when it was not taken. */
export async function postEvent(url: string, body: string): Promise<void> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
    redirect: "error",
    signal: AbortSignal.timeout(webhookMilliseconds),
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`The webhook answered ${answer.status}`);
}
