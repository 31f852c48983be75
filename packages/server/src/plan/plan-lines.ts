import type { Wave } from "@sluice/engine";
import type { Plan } from "./plan.ts";

/** How many hosts of a wave are named. */
const namedMax = 4;

/** How many waves are shown at the beginning, and how many at the end: nobody reads a thousand. */
const [firstWaves, lastWaves] = [12, 2];

/** How wide the picture of time is, in characters. */
const pictureWidth = 24;

/** Returns a plan as lines: the sentence, what happens when, what takes no part, and on what it rests. */
export function planLines(plan: Omit<Plan, "text">): readonly string[] {
  const { application, group, revision, configuration, sentence, left, warnings, basis } = plan;
  return [
    sentence,
    `  ${application} / ${group}, ${revision}, ${configuration}`,
    ...timeline(plan),
    ...left.slice(0, namedMax).map(({ id, why }) => `  left out: ${id}: ${why}`),
    ...(left.length > namedMax ? [`  … and ${left.length - namedMax} more are left out`] : []),
    ...warnings.map((warning) => `  warning: ${warning}`),
    `  ${basis}`,
  ];
}

interface Row {
  readonly from: number;
  readonly until: number | undefined;
  readonly text: string;
}

/** What happens, in the order of time; many waves are shown by the first and the last ones. */
function timeline(plan: Omit<Plan, "text">): readonly string[] {
  const { waves, steps, holds, from: begin, until: end } = plan;
  const shown =
    waves.length <= firstWaves + lastWaves + 1 ? waves : [...waves.slice(0, firstWaves), ...waves.slice(-lastWaves)];
  const rows: readonly Row[] = [
    ...steps.map(({ name, from, until }) => ({ from, until, text: name })),
    ...holds.map(({ name, from, until, because }) => ({ from, until, text: `${name}: ${because}` })),
    ...shown.map((wave) => ({ from: wave.from, until: wave.until, text: waveInWords(wave) })),
  ];
  const lines = rows.toSorted((a, b) => a.from - b.from).map((row) => rowLine(row, { begin, end }));
  const hidden = waves.length - shown.length;
  return hidden === 0 ? lines : [...lines, `  (waves ${firstWaves + 1} to ${firstWaves + hidden} are like these)`];
}

function rowLine({ from, until, text }: Row, { begin, end }: { readonly begin: number; readonly end: number }): string {
  const place = (time: number) => Math.round(((time - begin) / Math.max(1, end - begin)) * pictureWidth);
  const [start, stop] = [Math.min(place(from), pictureWidth - 1), place(until ?? end)];
  const bar = "█".repeat(Math.max(1, stop - start));
  const picture = `${"·".repeat(start)}${bar}`.padEnd(pictureWidth, "·").slice(0, pictureWidth);
  const times = `${clockOf(from - begin)} – ${until === undefined ? "?" : clockOf(until - begin)}`;
  return `  ${times.padEnd(17)} ${picture}  ${text}`;
}

function waveInWords({ number, targets, label, zone, because, event }: Wave): string {
  const hosts = targets.length === 1 ? "1 target" : `${targets.length} targets`;
  const where = [label, zone].filter((word) => word !== undefined).join(", ");
  const named = targets.slice(0, namedMax).join(", ");
  const more = targets.length > namedMax ? ", …" : "";
  return `wave ${number}: ${hosts}${where === "" ? "" : ` (${where})`} from ${event}: ${named}${more}  # ${because}`;
}

/** Such as `0:07` and `1:02:30`. */
function clockOf(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const two = (count: number) => String(count).padStart(2, "0");
  const rest = two(seconds % 60);
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${two(minutes)}:${rest}`;
}

/** Such as `40 s`, `12 min` and `3.5 h`. */
export function durationInWords(milliseconds: number): string {
  const seconds = milliseconds / 1_000;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 360) / 10} h`;
}
