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
  const share = (time: number) => `${(Math.min(Math.max(0, time - from), to - from) / (to - from)) * 100}%`;
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
        {events.map((event) => {
          const { name, status, startTime, endTime, usualDuration, progress } = event;
          const end = endTime ?? (status === "InProgress" ? now : startTime);
          return (
            <li key={name}>
              <a class="waterfall-name" href={logPath(name)}>
                <Glyph status={status} />
                {name}
                <span class="sr"> {statusWord(status)}</span>
              </a>
              <span class="waterfall-track" aria-hidden="true">
                {startTime !== undefined && end !== undefined && (
                  <i
                    class={`cell ${toneOf(status)}`}
                    style={{
                      insetInlineStart: share(startTime),
                      width: `calc(${share(from + end - startTime)} + 2px)`,
                    }}
                  />
                )}
                {startTime !== undefined && usualDuration !== undefined && (
                  <b
                    style={{ insetInlineStart: share(startTime + usualDuration) }}
                    title={`Usually ${durationText(usualDuration)}`}
                  />
                )}
              </span>
              <span class="num soft">
                {startTime === undefined || end === undefined ? (
                  <span class="muted">{statusWord(status).toLowerCase()}</span>
                ) : (
                  <>
                    {durationText(end - startTime)}
                    {usualDuration !== undefined && (
                      <span class="muted small"> usually {durationText(usualDuration)}</span>
                    )}
                  </>
                )}
              </span>
              {progress !== undefined && <p class="muted small waterfall-note any">{progress}</p>}
            </li>
          );
        })}
      </ol>
    </section>
  );
}
