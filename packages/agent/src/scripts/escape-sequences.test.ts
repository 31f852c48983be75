import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import * as fc from "fast-check";
import { withoutEscapeSequences } from "./escape-sequences.ts";

test("colours, titles, links, cursor movements and bells go, text stays", () => {
  for (const [line, text] of [
    ["\u001b[1;31mred\u001b[0m and \u001b[38;5;12mblue\u001b[39m", "red and blue"],
    ["\u001b]0;title\u0007after", "after"],
    ["\u001b]8;;https://example.com\u001b\\link\u001b]8;;\u001b\\", "link"],
    ["\u009b2Jgone\u001b[2K\u001b[1A", "gone"],
    ["a\u001b(Bb\u001b=c\u001b7", "abc"],
    ["tab\tbell\u0007back\b", "tab\tbellback"],
    ["\u001bPq#0;2;0;0;0\u001b\\sixel", "sixel"],
    [
      "a title that nothing ends: \u001b]0;this is lost to nobody",
      "a title that nothing ends: 0;this is lost to nobody",
    ],
    ["\u001b]0;one\u001b]0;two\u0007end", "0;oneend"],
    ["\u001b", ""],
    ["grüße ✔ 日本", "grüße ✔ 日本"],
  ] as const)
    assert.equal(withoutEscapeSequences(line), text, JSON.stringify(line));
});

test("nothing is left that a terminal obeys", () => {
  const piece = fc.constantFrom(
    "\u001b",
    "\u009b",
    "[",
    "]",
    "P",
    "\\",
    "\u0007",
    ";",
    "1",
    "m",
    "x",
    "\u009c",
    " ",
    "\t",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = withoutEscapeSequences(pieces.join(""));
      // oxlint-disable-next-line no-control-regex
      assert.doesNotMatch(text, /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/);
      assert.equal(stripVTControlCharacters(text), text);
    }),
  );
});

test("a line that was made to be slow to clean takes as long as any other of its length", () => {
  for (const kind of ["\u001b]", "\u001b[", "\u001b[1;", "\u009b", "\u001bP", "\u001b(", "\u001b]0;x\u001b"]) {
    // 32 times as much takes about 32 times as long; what is quadratic takes 1,024 times.
    const ratio = cpuMilliseconds(kind, 2 ** 18) / Math.max(cpuMilliseconds(kind, 2 ** 13), 0.5);
    assert(ratio < 250, `${JSON.stringify(kind)}: ${ratio}`);
  }
});

/** The processor's time, by the best of three: other processes have no say in it. */
function cpuMilliseconds(kind: string, length: number): number {
  const line = kind.repeat(length / kind.length);
  const took = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    withoutEscapeSequences(line);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...took);
}
