import type { Part } from "@sluice/server/console-contract";
import type { ComponentChildren } from "preact";
import { number } from "../../ui/share-bar.tsx";

/** One service's part of the local cloud: what there is, or why it cannot be seen. */
export function CloudPart<Row>({
  id,
  title,
  part,
  empty,
  children,
}: {
  readonly id: string;
  readonly title: string;
  readonly part: Part<Row>;
  readonly empty: string;
  readonly children: (rows: readonly Row[]) => ComponentChildren;
}) {
  const isReadable = Array.isArray(part);
  const rows = isReadable ? (part as readonly Row[]) : [];
  return (
    <section class="panel" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {isReadable && <span class="muted">{number(rows.length)}</span>}
      </header>
      {"unreadable" in part ? (
        <p class="quietline any">
          {part.because === "right" ? "You may not see this: " : "This could not be read: "}
          {part.unreadable}
        </p>
      ) : rows.length === 0 ? (
        <p class="quietline">{empty}</p>
      ) : (
        children(rows)
      )}
    </section>
  );
}

/** The rows of a part; none where it cannot be read. */
export const rowsOf = <Row,>(part: Part<Row>): readonly Row[] => ("unreadable" in part ? [] : part);

const good = new Set(["running", "active", "healthy", "ok", "inservice", "available"]);
const bad = new Set(["alarm", "unhealthy", "failed", "terminated", "unavailable"]);

/** A state of AWS's services, as a word in its tone. */
export function StateTag({ state }: { readonly state: string }) {
  const word = state.toLowerCase();
  const tone = good.has(word)
    ? " ok"
    : bad.has(word)
      ? " bad"
      : /pending|wait|initial|drain|stopp|shutting|insufficient/.test(word)
        ? " wait"
        : "";
  return <span class={`tag${tone}`}>{state}</span>;
}
