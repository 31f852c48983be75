import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { RequestRefused, TransientError } from "../protocol/request-errors.ts";
import { LiveOutput } from "./live-output.ts";

/** A live output whose clock the test moves, and what it has sent. */
function open(answer: (count: number) => void = () => {}) {
  mock.timers.enable({ apis: ["setTimeout"] });
  const sent: { readonly identifier: string; readonly first: number; readonly lines: readonly string[] }[] = [];
  const logged: string[] = [];
  const output = new LiveOutput({
    send: async (identifier, first, lines) => {
      sent.push({ identifier, first, lines });
      answer(sent.length);
    },
    pauses: () => 5_000,
    log: (line) => void logged.push(line),
  });
  const pass = async (milliseconds: number) => {
    mock.timers.tick(milliseconds);
    await nextTurn();
  };
  return { output, sent, logged, pass };
}

test("lines are sent soon, then once a second, each numbered in its command", async (t) => {
  t.after(() => mock.timers.reset());
  const { output, sent, pass } = open();
  const take = output.of("c1");
  take(["a", "b"]);
  take(["c"]);
  assert.equal(sent.length, 0);
  await pass(250);
  take(["d"]);
  await pass(999);
  assert.equal(sent.length, 1);
  await pass(1);

  assert.deepEqual(sent, [
    { identifier: "c1", first: 1, lines: ["a", "b", "c"] },
    { identifier: "c1", first: 4, lines: ["d"] },
  ]);
});

test("two commands take turns, and a large output is several requests", async (t) => {
  t.after(() => mock.timers.reset());
  const { output, sent, pass } = open();
  output.of("c1")(Array.from({ length: 1_500 }, (_, place) => String(place)));
  output.of("c2")(["x"]);
  await pass(250);
  await pass(1_000);
  await pass(1_000);

  assert.deepEqual(
    sent.map(({ identifier, first, lines }) => [identifier, first, lines.length]),
    [
      ["c1", 1, 1_000],
      ["c2", 1, 1],
      ["c1", 1_001, 500],
    ],
  );
});

test("a control plane that is away gets the lines later, and only the newest that there is room for", async (t) => {
  t.after(() => mock.timers.reset());
  const { output, sent, pass } = open((count) => {
    if (count === 1) throw new TransientError("away");
  });
  const take = output.of("c1");
  take(["first"]);
  await pass(250);
  for (let line = 0; line < 400; line += 1) take(["x".repeat(4_000)]);
  await pass(1_000);
  assert.equal(sent.length, 1, "it waits longer after a failure");
  await pass(4_000);

  const [, again] = sent;
  assert(again !== undefined && again.first > 200, "the oldest lines were given up, and the numbers tell");
});

test("a control plane that does not know of it is left alone", async (t) => {
  t.after(() => mock.timers.reset());
  const { output, sent, logged, pass } = open(() => {
    throw new RequestRefused("no such operation");
  });
  for (let count = 0; count < 10; count += 1) {
    output.of("c1")(["a"]);
    await pass(5_000);
  }

  assert.equal(sent.length, 3);
  assert.equal(logged.length, 1);
});
