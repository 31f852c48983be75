import { Fault } from "@sluice/aws-protocol";
import { type EventKind, eventKinds, type LoggedEvent } from "../event-log/logged-event.ts";
import type { Store } from "../store/index.ts";

/** Which events are asked for. */
export interface EventsRequest {
  /** Only events after this cursor. */
  readonly after?: number | undefined;
  /** Only events before this cursor. */
  readonly before?: number | undefined;
  readonly deploymentId?: string | undefined;
  readonly applicationName?: string | undefined;
  readonly deploymentGroupName?: string | undefined;
  readonly targetId?: string | undefined;
  readonly kinds?: readonly string[] | undefined;
  readonly limit?: number | undefined;
  readonly newestFirst?: boolean | undefined;
}

/** Events, and where to go on. */
export interface Events {
  readonly events: readonly LoggedEvent[];
  /** The cursor to go on from, also when there is nothing more yet. */
  readonly next: number;
  /** Whether there is more already. */
  readonly isMore: boolean;
  /** Who has read less far than this has missed something. */
  readonly oldestCursor: number;
  readonly newestCursor: number;
}

/** Events of an answer at most. */
const eventsMax = 5_000;

/** Returns changes of state. Throws for numbers that are none, and for a kind that there is not. */
export function eventsFor({ store }: { readonly store: Store }, asked: EventsRequest): Events {
  const { events: log } = store;
  const { newestFirst = false, limit = 1_000, kinds } = asked;
  const [after, before] = [asked.after ?? 0, asked.before ?? Number.MAX_SAFE_INTEGER];
  for (const [name, value] of Object.entries({ after, before, limit }))
    if (!Number.isSafeInteger(value) || value < 0) throw invalid(`${name} is ${value}: expected a whole number from 0`);
  if (limit < 1 || limit > eventsMax) throw invalid(`limit is ${limit}: expected a number from 1 to ${eventsMax}`);
  const unknown = kinds?.find((kind) => !isKind(kind));
  if (unknown !== undefined) throw invalid(`There is no kind of event "${unknown}": expected ${eventKinds.join(", ")}`);
  const page = log.read({
    ...{ after, before, limit, newestFirst },
    deploymentId: asked.deploymentId,
    application: asked.applicationName,
    group: asked.deploymentGroupName,
    target: asked.targetId,
    kinds: kinds?.filter(isKind),
  });
  return {
    events: page.events,
    next: page.next ?? page.events.at(-1)?.cursor ?? (newestFirst ? before : after),
    isMore: page.next !== undefined,
    oldestCursor: log.oldestCursor,
    newestCursor: log.newestCursor,
  };
}

const isKind = (kind: string): kind is EventKind => (eventKinds as readonly string[]).includes(kind);

const invalid = (message: string): Fault => new Fault("ValidationException", message);
