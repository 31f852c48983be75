import type { TargetColumns, TargetState } from "@sluice/server/console-contract";
import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { address } from "../../live/api.ts";
import { go, pathTo, query, setQuery, withQuery } from "../../live/router.ts";
import { useSnapshot } from "../../live/snapshot.ts";
import { usePageKeys } from "../../ui/keys.ts";
import { Empty, Shown } from "../../ui/pictures.tsx";
import { number, plural } from "../../ui/share-bar.tsx";
import { Glyph, StatusText } from "../../ui/status.tsx";
import { statusWord } from "../../ui/tone.ts";
import { applyCells, type Columns, columnsOf, countStates, eventOf, keyOf, stateOf } from "./grid/columns.ts";
import { type CellListener, Grid } from "./grid/grid.tsx";
import { Tiles } from "./grid/tiles.tsx";

/** Up to this many targets have a tile with a name; more are cells of a picture. */
const tilesMax = 200;

/** Rows of the table below the picture. */
const rowsMax = 50;

/** All targets of a deployment. */
export function TargetsView({ id }: { readonly id: string }) {
  const listeners = useRef(new Set<CellListener>()).current;
  const version = useSignal(0);
  const columns = useRef<{ readonly of: TargetColumns; readonly columns: Columns } | undefined>(undefined);
  const snapshot = useSnapshot(address("/console/api/deployments/:id/targets", { id }), {
    topics: [`targets:${id}`],
    apply: (shown, delta) => {
      if (!("count" in delta)) return "reload";
      if (delta.count !== shown.count || columns.current === undefined) return "reload";
      const changed = applyCells(columns.current.columns, delta.cells);
      for (const listener of listeners) listener(changed);
      version.value += 1;
      return shown;
    },
  });
  return (
    <Shown of={snapshot} what="targets">
      {(answer) => {
        if (columns.current?.of !== answer) columns.current = { of: answer, columns: columnsOf(answer) };
        if (answer.count === 0)
          return <Empty title="No targets yet" text="Targets appear when the deployment has chosen them." />;
        return <Targets id={id} columns={columns.current.columns} listeners={listeners} version={version.value} />;
      }}
    </Shown>
  );
}

interface TargetsOptions {
  readonly id: string;
  readonly columns: Columns;
  readonly listeners: Set<CellListener>;
  /** Grows with each change of cells. */
  readonly version: number;
}

function Targets({ id, columns, listeners, version }: TargetsOptions) {
  const chosen = query.value.get("by");
  const by = chosen === "none" ? "" : (chosen ?? (columns.waves.some((wave) => wave > 1) ? "wave" : ""));
  const state = query.value.get("state") ?? "";
  const selected = useSignal<readonly number[]>([]);
  const isTiles = columns.count <= tilesMax;
  // A filter is over what was so when it was chosen; a picture has all, so that nothing jumps.
  const shown = useMemo(
    () =>
      Array.from({ length: columns.count }, (_, index) => index).filter(
        (index) => state === "" || stateOf(columns, index) === state,
      ),
    [columns, state, isTiles && state !== "" ? version : 0],
  );
  useEffect(() => usePageKeys({ f: () => goToFailed(id, columns) }), [columns]);
  return (
    <div class="stack">
      <Choices columns={columns} by={by} state={state} version={version} />
      {shown.length === 0 ? (
        <p class="quietline">No target is {statusWord(state).toLowerCase()}.</p>
      ) : isTiles ? (
        <Tiles id={id} columns={columns} by={by} shown={shown} version={version} />
      ) : (
        <Grid
          id={id}
          columns={columns}
          by={by}
          shown={shown}
          listeners={listeners}
          version={version}
          onSelect={(indexes) => (selected.value = indexes)}
        />
      )}
      {!isTiles && (
        <Details
          id={id}
          columns={columns}
          selected={selected.value}
          clear={() => (selected.value = [])}
          version={version}
        />
      )}
    </div>
  );
}

function goToFailed(id: string, columns: Columns): void {
  const failed = columns.ids.find((_, index) => stateOf(columns, index) === "Failed");
  if (failed !== undefined) go(pathTo("target", { id, target: failed }));
}

const keyNames: Readonly<Record<string, string>> = {
  "": "No groups",
  wave: "Wave",
  state: "State",
  zone: "Zone",
  scalingGroup: "Auto Scaling group",
  agent: "Agent",
  agentVersion: "Agent",
  label: "Blue and green",
  ranBefore: "Revision before",
};

interface ChoicesOptions {
  readonly columns: Columns;
  readonly by: string;
  readonly state: string;
  /** Grows with each change of cells, which are changed in place: without it this would not be drawn again. */
  readonly version: number;
}

function Choices({ columns, by, state }: ChoicesOptions) {
  const counts = countStates(columns);
  const keys = ["", "wave", "state", ...columns.keys.keys()];
  return (
    <div class="row">
      <ul class="legend" aria-label="States">
        {[...counts]
          .filter(([name, count]) => count > 0 || name === state)
          .map(([name, count]) => (
            <li key={name}>
              <a
                class="legend-item"
                href={withQuery({ state: name === state ? undefined : name })}
                aria-current={name === state ? "true" : undefined}
              >
                <Glyph status={name} />
                <span class="strong">{number(count)}</span> {statusWord(name).toLowerCase()}
              </a>
            </li>
          ))}
      </ul>
      <label class="row push small soft">
        In groups by
        <select
          value={by}
          onChange={(event) => setQuery({ by: event.currentTarget.value === "" ? "none" : event.currentTarget.value })}
        >
          {keys.map((key) => (
            <option key={key} value={key}>
              {keyNames[key] ?? key}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

const attention: ReadonlySet<TargetState> = new Set(["Failed", "Unknown", "Ready"]);

interface DetailsOptions {
  readonly id: string;
  readonly columns: Columns;
  readonly selected: readonly number[];
  readonly clear: () => void;
  readonly version: number;
}

/** What the picture cannot say: the selected targets by name, or those that failed. It is also the way for who does not see the picture. */
function Details({ id, columns, selected, clear, version }: DetailsOptions) {
  const failed = useMemo(
    () => columns.ids.map((_, index) => index).filter((index) => attention.has(stateOf(columns, index))),
    [columns, version],
  );
  const indexes = selected.length > 0 ? selected : failed;
  const title = selected.length > 0 ? plural(selected.length, "selected target") : "Failed and waiting targets";
  if (indexes.length === 0) return null;
  return (
    <section class="panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span class="muted">{number(indexes.length)}</span>
        {selected.length > 0 && (
          <button type="button" class="button quiet small push" onClick={clear}>
            Clear
          </button>
        )}
      </header>
      <TargetTable id={id} columns={columns} indexes={indexes.slice(0, rowsMax)} version={version} />
      {indexes.length > rowsMax && (
        <p class="quietline">
          {number(indexes.length - rowsMax)} more. Select fewer of them in the picture, or choose a state.
        </p>
      )}
    </section>
  );
}

interface TargetTableOptions {
  readonly id: string;
  readonly columns: Columns;
  readonly indexes: readonly number[];
  /** Grows with each change of cells, which are changed in place: without it this would not be drawn again. */
  readonly version: number;
}

function TargetTable({ id, columns, indexes }: TargetTableOptions) {
  const keys = ["wave", ...columns.keys.keys()].slice(0, 3);
  return (
    <div class="scroll">
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Target</th>
            <th scope="col">State</th>
            <th scope="col">Event</th>
            {keys.map((key) => (
              <th scope="col" key={key}>
                {keyNames[key] ?? key}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {indexes.map((index) => (
            <tr key={index}>
              <td>
                <a class="whole mono" data-row href={pathTo("target", { id, target: columns.ids[index] ?? "" })}>
                  {columns.ids[index]}
                </a>
              </td>
              <td>
                <StatusText status={stateOf(columns, index)} />
              </td>
              <td class="soft">{eventOf(columns, index) ?? "–"}</td>
              {keys.map((key) => (
                <td class="soft" key={key}>
                  {keyOf(columns, key, index) ?? "–"}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
