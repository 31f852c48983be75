import type { FailureGroup } from "@sluice/server/console-contract";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { address } from "../../../live/api.ts";
import { pathTo } from "../../../live/router.ts";
import { useSnapshot } from "../../../live/snapshot.ts";
import { preferences } from "../../../ui/preferences.ts";
import { number } from "../../../ui/share-bar.tsx";
import { type Columns, columnsOf } from "../grid/columns.ts";
import { type Layout, layOut } from "../grid/layout.ts";
import { paintAll, paletteOf } from "../grid/paint.ts";
import { letterOf } from "./letter.ts";

/** Beyond this many targets there is no picture here: the grid has it. */
const targetsMax = 10_000;

/** Where the failures are among all targets, by what the failed ones share most: a pattern is seen before it is read. */
export function FailureMap({ id, groups }: { readonly id: string; readonly groups: readonly FailureGroup[] }) {
  const snapshot = useSnapshot(address("/console/api/deployments/:id/targets", { id }));
  const answer = snapshot.data.value;
  const columns = useMemo(() => (answer === undefined ? undefined : columnsOf(answer)), [answer]);
  if (columns === undefined || columns.count > targetsMax || columns.count === 0) return null;
  const trait = groups.flatMap(({ shared }) => shared)[0]?.name ?? "";
  const by = columns.keys.has(trait) || trait === "wave" ? trait : columns.keys.has("zone") ? "zone" : "";
  return (
    <section class="panel" aria-labelledby="map">
      <header>
        <h2 id="map">Where they are</h2>
        <a class="push linked small" href={pathTo("deployment", { id }, { view: "grid", ...(by !== "" && { by }) })}>
          All targets
        </a>
      </header>
      <div class="body">
        <Picture columns={columns} by={by} groups={groups} />
      </div>
    </section>
  );
}

function Picture({
  columns,
  by,
  groups,
}: {
  readonly columns: Columns;
  readonly by: string;
  readonly groups: readonly FailureGroup[];
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = preferences.value.scheme;
  const letters = useMemo(
    () => new Map(groups.flatMap(({ targets }, index) => targets.map((target) => [target, letterOf(index)] as const))),
    [groups],
  );
  useLayoutEffect(() => {
    const element = canvas.current;
    const width = element?.parentElement?.clientWidth ?? 0;
    const context = element?.getContext("2d");
    if (element === null || context === null || context === undefined || width === 0) return;
    const shown = Array.from({ length: columns.count }, (_, index) => index);
    const drawn = layOut(columns, by, width, shown);
    const paint = () => {
      element.width = Math.round(width * devicePixelRatio);
      element.height = Math.round(drawn.height * devicePixelRatio);
      element.style.height = `${drawn.height}px`;
      context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
      const palette = paletteOf(element.parentElement ?? element);
      paintAll(context, columns, drawn, palette);
      writeLetters(context, columns, drawn, letters, palette);
      writeLabels(context, drawn, palette.mark);
    };
    paint();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", paint);
    return () => dark.removeEventListener("change", paint);
  }, [columns, by, letters, scheme]);
  return (
    <div>
      <canvas
        class="map"
        ref={canvas}
        role="img"
        aria-label={`${number(columns.count)} targets; ${groups.map(({ count }, index) => `cause ${letterOf(index)}: ${count}`).join(", ")}`}
      />
    </div>
  );
}

function writeLabels(context: CanvasRenderingContext2D, { sections }: Layout, colour: string): void {
  if (sections.length < 2) return;
  context.font = "11px Inter, system-ui, sans-serif";
  context.textAlign = "start";
  context.textBaseline = "alphabetic";
  context.fillStyle = colour;
  for (const { label, top } of sections) context.fillText(label.slice(0, 60), 0, top - 7);
}

/** Failed cells carry the letter of their cause, where there is room for one. */
function writeLetters(
  context: CanvasRenderingContext2D,
  columns: Columns,
  { places, cell }: Layout,
  letters: ReadonlyMap<string, string>,
  palette: Readonly<Record<"bad" | "sign", string>>,
): void {
  if (cell < 14) return;
  context.font = `600 ${Math.round(cell * 0.55)}px Inter, system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const [index, id] of columns.ids.entries()) {
    const letter = letters.get(id);
    if (letter === undefined) continue;
    const [x, y] = [places[index * 2] ?? 0, places[index * 2 + 1] ?? 0];
    context.fillStyle = palette.bad;
    context.fillRect(x, y, cell, cell);
    context.fillStyle = palette.sign;
    context.fillText(letter, x + cell / 2, y + cell / 2 + 0.5);
  }
}
