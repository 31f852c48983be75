import type { Gateways } from "../../gateways/gateways.ts";
import { postEvent, publish } from "../../gateways/notifications.ts";
import type { Store } from "../../store/index.ts";
import type { Notification } from "../../store/notifications.ts";

export interface DeliveryContext {
  readonly store: Store;
  readonly gateways: Gateways;
  readonly clock: () => number;
  /** Where the event bus's events are posted, if anywhere. */
  readonly eventsUrl?: string | undefined;
  readonly warn: (about: Readonly<Record<string, string>>, message: string) => void;
}

/** How many messages one run delivers. */
const batch = 20;

/**
 * The waits before further attempts, in milliseconds; after the last one a message is given up. Messages never affect a
 * deployment (deployments.md §10.2 rule 5).
 */
const waits = [1_000, 5_000, 30_000, 300_000] as const;

/** Delivers the messages that are due, each once; those that fail are retried later. */
export async function deliverNotifications(context: DeliveryContext): Promise<void> {
  const { store, clock } = context;
  for (const notification of store.notifications.due(clock(), batch)) {
    const failure = await attempt(context, notification);
    const wait = waits[notification.attempts];
    await store.write(() =>
      failure === undefined || wait === undefined
        ? store.notifications.remove(notification.id)
        : store.notifications.postpone(notification.id, clock() + wait),
    );
    if (failure !== undefined && wait === undefined)
      context.warn({ to: notification.topic ?? "the event bus" }, `"${notification.subject}" was given up: ${failure}`);
  }
}

/** Returns why a message could not be delivered; undefined if it was. */
async function attempt(
  { store, gateways, eventsUrl }: DeliveryContext,
  { groupId, topic, subject, body }: Notification,
): Promise<string | undefined> {
  try {
    if (topic !== undefined) {
      const role = store.groups.byId(groupId)?.settings.serviceRoleArn ?? "";
      await publish(gateways.as(role), { topic, subject, body });
    } else if (eventsUrl !== undefined) {
      await gateways.beforeCalls?.();
      await postEvent(eventsUrl, body);
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
