import type { Counts, TargetState } from "@sluice/server/console-contract";
import { statusWord, toneOf } from "./tone.ts";

const order: readonly TargetState[] = ["Succeeded", "Failed", "InProgress", "Ready", "Unknown", "Skipped", "Pending"];

/** The counts in words: `9,311 succeeded, 12 failed, 4 in progress`. */
export function countsText(counts: Counts): string {
  const parts = order
    .filter((state) => (counts[state] ?? 0) > 0)
    .map((state) => `${number(counts[state] ?? 0)} ${statusWord(state).toLowerCase()}`);
  return parts.length === 0 ? "no targets" : parts.join(", ");
}

/** A number with separators of thousands. */
export const number = (value: number): string => value.toLocaleString("en-US");

/** A noun with its number: `1 target`, `12 targets`. */
export const plural = (count: number, noun: string, many = `${noun}s`): string =>
  `${number(count)} ${count === 1 ? noun : many}`;

/** How many targets have which state, as one bar; `marks` are places on it, in shares of 1. */
export function ShareBar({
  counts,
  marks = [],
}: {
  readonly counts: Counts;
  readonly marks?: readonly { readonly at: number; readonly text: string }[];
}) {
  const total = Math.max(1, counts.total);
  return (
    <div class="sharewrap">
      <div class="sharebar" role="img" aria-label={`${number(counts.total)} targets: ${countsText(counts)}`}>
        {order.map((state) => {
          const count = counts[state] ?? 0;
          return count === 0 ? null : (
            <i
              key={state}
              class={toneOf(state)}
              style={{ flex: `${count} 0 0` }}
              title={`${number(count)} ${statusWord(state).toLowerCase()}`}
            />
          );
        })}
        {counts.total === 0 && <i class="idle" style={{ flex: `${total} 0 0` }} />}
      </div>
      {marks.map(({ at, text }) => (
        <b
          key={text}
          class="sharemark"
          style={{ insetInlineStart: `${Math.min(1, Math.max(0, at)) * 100}%` }}
          title={text}
        >
          <span class="sr">{text}</span>
        </b>
      ))}
    </div>
  );
}

/** Counts beside a bar: glyphless, for tight rows. */
export function ShareText({ counts }: { readonly counts: Counts }) {
  const done = counts.Succeeded ?? 0;
  const failed = counts.Failed ?? 0;
  return (
    <span class="sharetext">
      {number(done)}
      <span class="muted">/{number(counts.total)}</span>
      {failed > 0 && <span class="is-bad strong"> {number(failed)} failed</span>}
    </span>
  );
}
