import { type Columns, keyOf } from "./columns.ts";

/** Targets that share a value, one block below the other. */
export interface Section {
  readonly label: string;
  readonly indexes: readonly number[];
  /** Its first row's place, in pixels. */
  readonly top: number;
}

/** Where each target is drawn. */
export interface Layout {
  readonly sections: readonly Section[];
  /** A cell with its gap, in pixels. */
  readonly pitch: number;
  readonly cell: number;
  readonly perRow: number;
  readonly width: number;
  readonly height: number;
  /** Where a target's cell is, by index: x and y one after the other. */
  readonly places: Float32Array;
  /** Targets in the order in which they are drawn, for the arrow keys. */
  readonly order: readonly number[];
}

/** Height of a section's label, in pixels. */
const labelHeight = 24;

/** Sections beyond this many are put together: labels would be all that is seen. */
const sectionsMax = 60;

/** The size of a cell by how many targets there are: named tiles are not drawn here. */
const pitchOf = (count: number): number => (count <= 400 ? 26 : count <= 2_000 ? 18 : count <= 10_000 ? 10 : 7);

/** Lays targets out in a width, in pixels, by the values of a key. The order never depends on states, unless that is what is asked for: what changes stays in its place. */
export function layOut(columns: Columns, by: string, width: number, shown: readonly number[]): Layout {
  const pitch = pitchOf(shown.length);
  const cell = pitch - (pitch >= 18 ? 3 : pitch >= 10 ? 2 : 1);
  const perRow = Math.max(1, Math.floor(width / pitch));
  const groups = groupsOf(columns, by, shown);
  const hasLabels = groups.length > 1;
  const places = new Float32Array(columns.count * 2).fill(-1);
  const order: number[] = [];
  let top = 0;
  const sections = groups.map(([label, indexes]) => {
    const section = { label, indexes, top: top + (hasLabels ? labelHeight : 0) };
    for (const [at, index] of indexes.entries()) {
      places[index * 2] = (at % perRow) * pitch;
      places[index * 2 + 1] = section.top + Math.floor(at / perRow) * pitch;
      order.push(index);
    }
    top = section.top + Math.ceil(indexes.length / perRow) * pitch + (hasLabels ? 8 : 0);
    return section;
  });
  return { sections, pitch, cell, perRow, width, height: Math.max(pitch, top), places, order };
}

function groupsOf(
  columns: Columns,
  by: string,
  shown: readonly number[],
): readonly (readonly [string, readonly number[]])[] {
  if (by === "") return [["", shown]];
  const groups = Map.groupBy(shown, (index) => keyOf(columns, by, index) ?? "Not known");
  const sorted = [...groups].toSorted(([a], [b]) => a.localeCompare(b, undefined, { numeric: true }));
  if (sorted.length <= sectionsMax) return sorted;
  const rest = sorted.slice(sectionsMax - 1);
  return [...sorted.slice(0, sectionsMax - 1), [`${rest.length} more`, rest.flatMap(([, indexes]) => indexes)]];
}

/** Finds the target at a place of the picture. */
export function targetAt({ sections, pitch, perRow }: Layout, x: number, y: number): number | undefined {
  const section = sections.findLast(({ top }) => top <= y);
  if (section === undefined || x < 0) return undefined;
  const column = Math.floor(x / pitch);
  return column >= perRow ? undefined : section.indexes[Math.floor((y - section.top) / pitch) * perRow + column];
}
