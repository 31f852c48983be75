import type { TargetEvent } from "@sluice/server/console-contract";
import { serverTime, tick } from "../../live/clock.ts";
import { Glyph } from "../../ui/status.tsx";
import { statusWord, toneOf } from "../../ui/tone.ts";
import { clockText, durationText } from "../../ui/time.tsx";

/** A target's lifecycle events in time: each begins where the one before it ended, and has a mark where this event usually ends. */
export function Waterfall({
  events,
  logPath,
}: {
  readonly events: readonly TargetEvent[];
  readonly logPath: (event: string) => string;
}) {
  const begun = events.flatMap(({ startTime }) => (startTime === undefined ? [] : [startTime]));
  const isRunning = events.some(({ status }) => status === "InProgress");
  const now = isRunning ? tick.value : serverTime();
  const from = Math.min(...begun);
  const to = Math.max(
    from + 1,
    ...events.flatMap(({ startTime, endTime, status }) =>
      startTime === undefined ? [] : [endTime ?? (status === "InProgress" ? now : startTime)],
    ),
  );
  return (
    <section class="panel" aria-labelledby="waterfall">
      <header>
        <h2 id="waterfall">Lifecycle events</h2>
        {begun.length > 0 && (
          <span class="push muted small">
            {clockText(from)} to {isRunning ? "now" : clockText(to)}, {durationText(to - from)}
          </span>
        )}
      </header>
      <ol class="waterfall">
        {events.map((event) => (
          <Row key={event.name} event={event} now={now} axis={{ from, to }} logPath={logPath(event.name)} />
        ))}
      </ol>
    </section>
  );
}

/** The stretch of time that the picture is wide, in milliseconds since 1970. */
interface Axis {
  readonly from: number;
  readonly to: number;
}

/** A duration in milliseconds as a CSS length on the axis. */
const lengthOn = ({ from, to }: Axis, duration: number): string =>
  `${(Math.min(Math.max(0, duration), to - from) / (to - from)) * 100}%`;

interface RowOptions {
  readonly event: TargetEvent;
  readonly now: number;
  readonly axis: Axis;
  readonly logPath: string;
}

function Row({ event, now, axis, logPath }: RowOptions) {
  const { name, status, startTime, endTime, usualDuration, progress } = event;
  const end = endTime ?? (status === "InProgress" ? now : startTime);
  return (
    <li>
      <a class="waterfall-name" href={logPath}>
        <Glyph status={status} />
        {name}
        <span class="sr"> {statusWord(status)}</span>
      </a>
      <Track event={event} end={end} axis={axis} />
      <span class="num soft">
        {startTime === undefined || end === undefined ? (
          <span class="muted">{statusWord(status).toLowerCase()}</span>
        ) : (
          <>
            {durationText(end - startTime)}
            {usualDuration !== undefined && <span class="muted small"> usually {durationText(usualDuration)}</span>}
          </>
        )}
      </span>
      {progress !== undefined && <p class="muted small waterfall-note any">{progress}</p>}
    </li>
  );
}

interface TrackOptions {
  readonly event: TargetEvent;
  /** When the event ended, or how far it is; undefined before it began. */
  readonly end: number | undefined;
  readonly axis: Axis;
}

/** An event as a bar, and a mark where it usually ends. */
function Track({ event: { status, startTime, usualDuration }, end, axis }: TrackOptions) {
  return (
    <span class="waterfall-track" aria-hidden="true">
      {startTime !== undefined && end !== undefined && (
        <i
          class={`cell ${toneOf(status)}`}
          style={{
            insetInlineStart: lengthOn(axis, startTime - axis.from),
            width: `calc(${lengthOn(axis, end - startTime)} + 2px)`,
          }}
        />
      )}
      {startTime !== undefined && usualDuration !== undefined && (
        <b
          style={{ insetInlineStart: lengthOn(axis, startTime + usualDuration - axis.from) }}
          title={`Usually ${durationText(usualDuration)}`}
        />
      )}
    </span>
  );
}
