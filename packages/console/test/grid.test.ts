import assert from "node:assert/strict";
import { test } from "node:test";
import { applyCells, columnsOf, describe, keyOf, stateOf } from "../src/browser/screens/deployment/grid/columns.ts";
import { layOut, targetAt } from "../src/browser/screens/deployment/grid/layout.ts";

const base64 = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
const shorts = (numbers: readonly number[]) => base64(new Uint8Array(Uint16Array.from(numbers).buffer));

function fleet(count: number) {
  const places = Array.from({ length: count }, (_, index) => index);
  return columnsOf({
    cursor: "1",
    now: 0,
    can: {},
    count,
    ids: places.map((place) => `i-${place}`),
    states: base64(Uint8Array.from(places, () => 0)),
    stateNames: ["Pending", "Failed"],
    events: base64(Uint8Array.from(places, () => 255)),
    eventNames: ["Install"],
    waves: shorts(places.map((place) => (place % 3) + 1)),
    keys: { zone: { values: ["a", "b"], index: shorts(places.map((place) => (place === 0 ? 65_535 : place % 2))) } },
  });
}

test("columns give each target its state, wave and keys, and changed cells change those alone", () => {
  const columns = fleet(5);

  const changed = applyCells(columns, {
    indexes: shorts([3, 900]),
    indexBytes: 2,
    states: base64(Uint8Array.of(1, 1)),
    events: base64(Uint8Array.of(0, 0)),
  });

  assert.deepEqual(changed, [3], "what is none of the targets is nobody's");
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((index) => stateOf(columns, index)),
    ["Pending", "Pending", "Pending", "Failed", "Pending"],
  );
  assert.equal(describe(columns, 3), "i-3, Failed, Install, Wave 1, b");
  assert.equal(keyOf(columns, "zone", 0), undefined);
});

test("every target has a place of its own, and is found there", () => {
  for (const [count, by] of [
    [1, ""],
    [350, "zone"],
    [1_999, "wave"],
    [12_345, "zone"],
  ] as const) {
    const columns = fleet(count);
    const layout = layOut(columns, by, 1_000, [...columns.ids.keys()]);
    const taken = new Set<string>();
    for (const index of columns.ids.keys()) {
      const [x = 0, y = 0] = [layout.places[index * 2], layout.places[index * 2 + 1]];
      assert.equal(targetAt(layout, x + 1, y + 1), index);
      assert(x + layout.cell <= 1_000 && y + layout.cell <= layout.height);
      taken.add(`${x} ${y}`);
    }
    assert.equal(taken.size, count);
  }
});
