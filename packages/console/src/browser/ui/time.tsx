import { tick } from "../live/clock.ts";
import { preferences } from "./preferences.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A length of time, short: `840 ms`, `12 s`, `3 min 4 s`, `2 h 5 min`, `3 d 4 h`. */
export function durationText(milliseconds: number): string {
  const time = Math.max(0, milliseconds);
  if (time < second) return `${Math.round(time)} ms`;
  if (time < 10 * second) return `${(time / second).toFixed(1)} s`;
  if (time < minute) return `${Math.floor(time / second)} s`;
  if (time < hour) return two(Math.floor(time / minute), "min", Math.floor((time % minute) / second), "s");
  if (time < day) return two(Math.floor(time / hour), "h", Math.floor((time % hour) / minute), "min");
  return two(Math.floor(time / day), "d", Math.floor((time % day) / hour), "h");
}

const two = (many: number, unit: string, few: number, smaller: string): string =>
  few === 0 ? `${many} ${unit}` : `${many} ${unit} ${few} ${smaller}`;

/** How long ago something was, or how soon it is, by the server's clock. */
export function agoText(at: number, now: number): string {
  const past = now - at;
  const size = Math.abs(past);
  if (size < 5 * second) return past >= 0 ? "just now" : "in a moment";
  const unit: readonly [number, string] =
    size < minute ? [second, "s"] : size < hour ? [minute, "min"] : size < day ? [hour, "h"] : [day, "d"];
  const text = `${Math.floor(size / unit[0])} ${unit[1]}`;
  return past >= 0 ? `${text} ago` : `in ${text}`;
}

/** A time of day, with its date unless it is today's. In the zone that the reader has chosen. */
export function clockText(at: number, { full = false, milliseconds = false } = {}): string {
  const timeZone = preferences.value.isUtc ? "UTC" : undefined;
  const time = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    ...(milliseconds && { fractionalSecondDigits: 3 }),
    timeZone,
  }).format(at);
  const dateOf = (when: number) =>
    new Intl.DateTimeFormat("en-GB", { year: "numeric", month: "short", day: "numeric", timeZone }).format(when);
  const zone = preferences.value.isUtc ? " UTC" : "";
  return full || dateOf(at) !== dateOf(tick.peek()) ? `${dateOf(at)}, ${time}${zone}` : `${time}${zone}`;
}

/** A time: how long ago, and the time itself. */
export function Ago({ at, isShort = false }: { readonly at: number | undefined; readonly isShort?: boolean }) {
  if (at === undefined) return <span class="muted">–</span>;
  return (
    <time dateTime={new Date(at).toISOString()} title={clockText(at, { full: true })} class="when">
      {agoText(at, tick.value)}
      {!isShort && <span class="muted"> {clockText(at)}</span>}
    </time>
  );
}

/** How long something has taken, or takes so far; beside it what is usual, if that is known and not much the same. */
export function Took({
  from,
  to,
  usual,
}: {
  readonly from: number | undefined;
  readonly to?: number | undefined;
  readonly usual?: number | undefined;
}) {
  if (from === undefined) return <span class="muted">–</span>;
  const took = (to ?? tick.value) - from;
  const isUnusual = usual !== undefined && usual > 0 && (took > usual * 1.5 || (to !== undefined && took < usual / 2));
  return (
    <span class="when">
      {durationText(took)}
      {isUnusual && <span class="muted"> usually {durationText(usual)}</span>}
    </span>
  );
}
