import type { ConsoleEvent, Events } from "@sluice/server/console-contract";
import { address } from "../../live/api.ts";
import { pathTo, query, withQuery } from "../../live/router.ts";
import { useSnapshot } from "../../live/snapshot.ts";
import { FilterInput } from "../../ui/filters.tsx";
import { Empty, Shown } from "../../ui/pictures.tsx";
import { number } from "../../ui/share-bar.tsx";
import { Glyph } from "../../ui/status.tsx";
import { clockText } from "../../ui/time.tsx";

/** Entries that are kept as they come in, so that a page that is open for long does not grow. */
const shownMax = 400;

/** The event log of a deployment: what happened in which order, why, and who did it. */
export function EventsView({
  path,
  id,
}: {
  readonly path: "/console/api/deployments/:id/events";
  readonly id: string;
}) {
  const filters = {
    kind: query.value.get("kind") ?? "",
    q: query.value.get("q") ?? "",
    page: query.value.get("page") ?? "",
  };
  const isNewest = filters.page === "";
  const snapshot = useSnapshot(address(path, { id }, { ...filters, limit: 100 }), {
    topics: isNewest ? [`events:${id}`] : [],
    apply: (shown, delta) => {
      if (!("events" in delta) || delta.more !== undefined || filters.kind !== "" || filters.q !== "") return "reload";
      return prepend(shown, delta.events);
    },
  });
  return (
    <div class="stack">
      <div class="row">
        <FilterInput name="q" label="Find in events" />
        <Kinds kinds={snapshot.data.value?.counts["kind"] ?? {}} chosen={filters.kind} />
      </div>
      <Shown of={snapshot} what="events">
        {(events) => <EventList events={events} />}
      </Shown>
    </div>
  );
}

function prepend(shown: Events, events: readonly ConsoleEvent[]): Events {
  const known = new Set(shown.rows.map(({ cursor }) => cursor));
  const fresh = events.filter(({ cursor }) => !known.has(cursor)).toReversed();
  return { ...shown, rows: [...fresh, ...shown.rows].slice(0, shownMax), total: shown.total + fresh.length };
}

function Kinds({ kinds, chosen }: { readonly kinds: Readonly<Record<string, number>>; readonly chosen: string }) {
  const names = Object.keys(kinds).toSorted();
  if (names.length === 0) return null;
  return (
    <ul class="legend" aria-label="Kinds">
      {names.map((kind) => (
        <li key={kind}>
          <a
            class="legend-item"
            href={withQuery({ kind: kind === chosen ? undefined : kind, page: undefined })}
            aria-current={kind === chosen ? "true" : undefined}
          >
            {kind} <span class="muted">{number(kinds[kind] ?? 0)}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}

/** Entries of the event log, the newest first. */
export function EventList({ events }: { readonly events: Events }) {
  if (events.rows.length === 0) return <Empty title="No events" text="With these filters there are none." />;
  const causes = new Map(events.rows.map((event) => [event.cursor, event]));
  return (
    <section class="panel">
      <ol class="events">
        {events.rows.map((event) => (
          <Entry
            key={event.cursor}
            event={event}
            cause={event.cause === undefined ? undefined : causes.get(event.cause)}
          />
        ))}
      </ol>
      {events.next !== undefined && (
        <p class="quietline">
          <a href={withQuery({ page: events.next })}>Earlier events</a>, of {number(events.total)}
        </p>
      )}
    </section>
  );
}

function Entry({ event, cause }: { readonly event: ConsoleEvent; readonly cause: ConsoleEvent | undefined }) {
  const { at, kind, status, because, rule, actor } = event;
  return (
    <li class="event" id={`e-${event.cursor}`}>
      <time class="muted mono small" dateTime={new Date(at).toISOString()} title={clockText(at, { full: true })}>
        {clockText(at, { milliseconds: true })}
      </time>
      <span class="event-glyph">{status !== undefined && <Glyph status={status} />}</span>
      <div class="any">
        <p>
          <Told event={event} />
        </p>
        {(because !== undefined || cause !== undefined) && (
          <p class="muted small">
            {because ?? cause?.text} {rule !== undefined && <span class="tag">{rule}</span>}
          </p>
        )}
      </div>
      <span class="muted small event-who">{actor === undefined || actor === "Sluice" ? kind : actor}</span>
    </li>
  );
}

/** What happened, in which the target's name is a link to it. */
function Told({ event: { text, deployment, target } }: { readonly event: ConsoleEvent }) {
  if (deployment === undefined || target === undefined) return <>{text}</>;
  const at = text.indexOf(target);
  return (
    <>
      {at < 0 ? `${text} ` : text.slice(0, at)}
      <a class="linked mono small" href={pathTo("target", { id: deployment, target })}>
        {target}
      </a>
      {at >= 0 && text.slice(at + target.length)}
    </>
  );
}
