import { pathTo } from "../../../live/router.ts";
import { number } from "../../../ui/share-bar.tsx";
import { Glyph } from "../../../ui/status.tsx";
import { statusWord, toneOf } from "../../../ui/tone.ts";
import { type Columns, eventOf, keyOf, stateOf } from "./columns.ts";

/** A few targets, each with its name: up to some hundred are links that one can read. */
export function Tiles({
  id,
  columns,
  by,
  shown,
}: {
  readonly id: string;
  readonly columns: Columns;
  readonly by: string;
  readonly shown: readonly number[];
  /** Grows with each change of cells. */
  readonly version: number;
}) {
  const groups =
    by === "" ? new Map([["", [...shown]]]) : Map.groupBy(shown, (index) => keyOf(columns, by, index) ?? "Not known");
  const sorted = [...groups].toSorted(([a], [b]) => a.localeCompare(b, undefined, { numeric: true }));
  return (
    <div class="stack">
      {sorted.map(([label, indexes]) => (
        <section key={label} aria-label={label === "" ? "Targets" : label}>
          {label !== "" && (
            <h3 class="tiles-label">
              {label} <span class="muted">{number(indexes.length)}</span>
            </h3>
          )}
          <ul class="target-tiles">
            {indexes.map((index) => (
              <Tile key={index} id={id} columns={columns} index={index} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

/** States that are about a lifecycle event. */
const showsEvent: ReadonlySet<string> = new Set(["InProgress", "Failed"]);

function Tile({ id, columns, index }: { readonly id: string; readonly columns: Columns; readonly index: number }) {
  const state = stateOf(columns, index);
  const target = columns.ids[index] ?? "";
  return (
    <li>
      <a class={`target-tile t-${toneOf(state)}`} data-row href={pathTo("target", { id, target })}>
        <Glyph status={state} />
        <span class="mono clip">{target}</span>
        {state !== "Succeeded" && (
          <span class="muted small clip">{showsEvent.has(state) ? eventOf(columns, index) : statusWord(state)}</span>
        )}
        <span class="sr">{statusWord(state)}</span>
      </a>
    </li>
  );
}
