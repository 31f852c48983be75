import type { ChangedCells, TargetColumns, TargetState } from "@sluice/server/console-contract";
import { statusWord, type Tone, toneOf } from "../../../ui/tone.ts";

/** The targets of a deployment, a column for each property. */
export interface Columns {
  readonly count: number;
  readonly ids: readonly string[];
  readonly states: Uint8Array;
  readonly stateNames: readonly TargetState[];
  readonly events: Uint8Array;
  readonly eventNames: readonly string[];
  readonly waves: Uint16Array;
  readonly keys: ReadonlyMap<string, { readonly values: readonly string[]; readonly index: Uint16Array }>;
}

/** What says "not known" in a column of two bytes. */
const unknown16 = 65_535;

/** Reads the columns of an answer. */
export function columnsOf(answer: TargetColumns): Columns {
  return {
    count: answer.count,
    ids: answer.ids ?? [],
    states: Uint8Array.fromBase64(answer.states),
    stateNames: answer.stateNames,
    events: Uint8Array.fromBase64(answer.events),
    eventNames: answer.eventNames,
    waves: shortsOf(Uint8Array.fromBase64(answer.waves)),
    keys: new Map(
      Object.entries(answer.keys).map(([name, { values, index }]) => [
        name,
        { values, index: shortsOf(Uint8Array.fromBase64(index)) },
      ]),
    ),
  };
}

/** Reads numbers of two bytes, the lower one first, whatever this machine's order is. */
function shortsOf(bytes: Uint8Array): Uint16Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint16Array.from({ length: bytes.byteLength >> 1 }, (_, index) => view.getUint16(index * 2, true));
}

/** Writes changed cells into the columns; returns their indexes. */
export function applyCells(columns: Columns, cells: ChangedCells): readonly number[] {
  const bytes = Uint8Array.fromBase64(cells.indexes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const states = Uint8Array.fromBase64(cells.states);
  const events = Uint8Array.fromBase64(cells.events);
  const indexes: number[] = [];
  for (let cell = 0; cell < states.length; cell += 1) {
    const index = cells.indexBytes === 2 ? view.getUint16(cell * 2, true) : view.getUint32(cell * 4, true);
    if (index >= columns.count) continue;
    columns.states[index] = states[cell] ?? 0;
    columns.events[index] = events[cell] ?? 255;
    indexes.push(index);
  }
  return indexes;
}

/** The state of a target. */
export const stateOf = (columns: Columns, index: number): TargetState =>
  columns.stateNames[columns.states[index] ?? 0] ?? "Unknown";

/** The tone of each state's number. */
export const tonesOf = (columns: Columns): readonly Tone[] => columns.stateNames.map(toneOf);

/** The lifecycle event of a target that its state is about, if there is one. */
export const eventOf = (columns: Columns, index: number): string | undefined =>
  columns.eventNames[columns.events[index] ?? 255];

/** A target's value of a key, such as its zone. */
export function keyOf(columns: Columns, name: string, index: number): string | undefined {
  if (name === "wave") return (columns.waves[index] ?? 0) === 0 ? undefined : `Wave ${columns.waves[index]}`;
  if (name === "state") return statusWord(stateOf(columns, index));
  const key = columns.keys.get(name);
  const value = key?.index[index] ?? unknown16;
  return value === unknown16 ? undefined : key?.values[value];
}

/** A target in one line of text, for a screen reader and a pointer. */
export function describe(columns: Columns, index: number): string {
  const parts = [
    columns.ids[index] ?? `target ${index + 1}`,
    statusWord(stateOf(columns, index)),
    eventOf(columns, index),
    keyOf(columns, "wave", index),
    keyOf(columns, "zone", index),
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

/** How many targets are in each state. */
export function countStates(columns: Columns): ReadonlyMap<TargetState, number> {
  const counts = columns.stateNames.map(() => 0);
  for (const state of columns.states) counts[state] = (counts[state] ?? 0) + 1;
  return new Map(columns.stateNames.map((name, index) => [name, counts[index] ?? 0]));
}
