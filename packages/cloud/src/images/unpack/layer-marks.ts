import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ByteName } from "@sluice/archive";

/** What a layer says beside its files. Paths are below the layer, one character a byte. */
export interface LayerMarks {
  /** Names of lower layers that are gone. */
  readonly whiteouts: readonly ByteName[];
  /** Folders of which nothing of lower layers is seen any more. */
  readonly opaque: readonly ByteName[];
  /** Folders that the layer does not have itself, and that were made because it has something in them: what lower layers say of them stays. */
  readonly implied: readonly ByteName[];
}

const fileOf = (layer: string): string => join(layer, "marks.json");

/** Writes down what a layer says. */
export function writeMarks(layer: string, marks: LayerMarks): void {
  writeFileSync(fileOf(layer), JSON.stringify(marks));
}

/** Reads what a layer says. */
export const readMarks = (layer: string): LayerMarks => JSON.parse(readFileSync(fileOf(layer), "utf8")) as LayerMarks; // written above
