import type { Tone } from "../../../ui/tone.ts";
import { type Columns, tonesOf } from "./columns.ts";
import type { Layout } from "./layout.ts";

/** The colours in force, read off the page: they change with the scheme. */
export type Palette = Readonly<Record<Tone | "sign" | "mark", string>>;

/** Reads the colours off an element. */
export function paletteOf(element: Element): Palette {
  const probe = document.createElement("i");
  // Where the system sets the colours (forced colours), the picture keeps its own: they are what it says.
  probe.style.setProperty("forced-color-adjust", "none");
  element.append(probe);
  const resolve = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const palette = {
    ok: resolve("--ok-cell"),
    bad: resolve("--bad-cell"),
    run: resolve("--run-cell"),
    wait: resolve("--wait-cell"),
    idle: resolve("--idle-cell"),
    skip: resolve("--skip-cell"),
    sign: resolve("--raised"),
    mark: resolve("--text"),
  };
  probe.remove();
  return palette;
}

/** Cells from this size on, in pixels, have a sign in them. */
const signSizeMin = 14;

/** Draws all cells, tone by tone: changing the colour is what takes time. */
export function paintAll(context: CanvasRenderingContext2D, columns: Columns, layout: Layout, palette: Palette): void {
  const tones = tonesOf(columns);
  const byTone = Map.groupBy(layout.order, (index) => tones[columns.states[index] ?? 0] ?? "idle");
  context.clearRect(0, 0, layout.width, layout.height);
  for (const [tone, indexes] of byTone) {
    context.fillStyle = palette[tone];
    for (const index of indexes)
      context.fillRect(layout.places[index * 2] ?? 0, layout.places[index * 2 + 1] ?? 0, layout.cell, layout.cell);
    if (layout.cell >= signSizeMin) for (const index of indexes) sign(context, layout, index, tone, palette);
    else if (tone === "bad") for (const index of indexes) smallSign(context, layout, index, palette);
  }
}

/** Draws the cells that have changed. */
export function paintSome(
  context: CanvasRenderingContext2D,
  columns: Columns,
  layout: Layout,
  palette: Palette,
  changed: readonly number[],
): void {
  const tones = tonesOf(columns);
  for (const index of changed) {
    const x = layout.places[index * 2] ?? -1;
    if (x < 0) continue; // filtered away
    const tone = tones[columns.states[index] ?? 0] ?? "idle";
    context.clearRect(x, layout.places[index * 2 + 1] ?? 0, layout.cell, layout.cell);
    context.fillStyle = palette[tone];
    context.fillRect(x, layout.places[index * 2 + 1] ?? 0, layout.cell, layout.cell);
    if (layout.cell >= signSizeMin) sign(context, layout, index, tone, palette);
    else if (tone === "bad") smallSign(context, layout, index, palette);
  }
}

/** A failed cell that is too small for a cross has a notch: its colour is not all that tells it. */
function smallSign(context: CanvasRenderingContext2D, { places, cell }: Layout, index: number, palette: Palette): void {
  const size = Math.max(2, Math.floor(cell / 3));
  context.fillStyle = palette.sign;
  context.fillRect(
    (places[index * 2] ?? 0) + (cell - size) / 2,
    (places[index * 2 + 1] ?? 0) + (cell - size) / 2,
    size,
    size,
  );
  context.fillStyle = palette.bad;
}

const strokes: Readonly<Partial<Record<Tone, readonly (readonly [number, number])[][]>>> = {
  bad: [
    [
      [0.3, 0.3],
      [0.7, 0.7],
    ],
    [
      [0.7, 0.3],
      [0.3, 0.7],
    ],
  ],
  ok: [
    [
      [0.28, 0.52],
      [0.44, 0.68],
      [0.73, 0.34],
    ],
  ],
  wait: [
    [
      [0.38, 0.3],
      [0.38, 0.7],
    ],
    [
      [0.62, 0.3],
      [0.62, 0.7],
    ],
  ],
  skip: [
    [
      [0.28, 0.5],
      [0.72, 0.5],
    ],
  ],
  run: [
    [
      [0.38, 0.28],
      [0.66, 0.5],
      [0.38, 0.72],
    ],
  ],
};

function sign(
  context: CanvasRenderingContext2D,
  { places, cell }: Layout,
  index: number,
  tone: Tone,
  palette: Palette,
): void {
  const lines = strokes[tone];
  if (lines === undefined) return;
  const [left, top] = [places[index * 2] ?? 0, places[index * 2 + 1] ?? 0];
  context.strokeStyle = tone === "ok" || tone === "skip" ? palette.mark : palette.sign;
  context.globalAlpha = tone === "ok" || tone === "skip" ? 0.5 : 1;
  context.lineWidth = Math.max(1.4, cell / 11);
  context.lineCap = "round";
  context.beginPath();
  for (const line of lines)
    for (const [at, [x, y]] of line.entries())
      if (at === 0) context.moveTo(left + x * cell, top + y * cell);
      else context.lineTo(left + x * cell, top + y * cell);
  context.stroke();
  context.globalAlpha = 1;
}
