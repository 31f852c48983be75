import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { ansiSpans, plainText } from "../src/browser/ui/ansi.ts";
import { safeHref } from "../src/browser/ui/safe-href.ts";
import { shellWords } from "../src/browser/ui/shell-words.ts";
import { messageReader } from "../src/browser/live/sse.ts";

const escape = "\u001b";

test("colours of a terminal become names of classes, and every other code is left out", () => {
  assert.deepEqual(ansiSpans(`a ${escape}[1;31mred${escape}[0m b`), [
    { text: "a ", look: "" },
    { text: "red", look: "a1 ab" },
    { text: " b", look: "" },
  ]);
  assert.equal(plainText(`${escape}]8;;javascript:alert(1)${escape}\\click${escape}]8;;${escape}\\`), "click");
  assert.equal(plainText(`${escape}]0;title\u0007text${escape}[2J${escape}[10;10H\u0008\u0000`), "text");
  assert.deepEqual(
    ansiSpans(`${escape}[38;5;196mx${escape}[48;2;1;2;3my`).map(({ text }) => text),
    ["x", "y"],
  );
});

test("no class name is made of the text, whatever the text is", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.array(fc.constantFrom("[31m", "]8;;x", "[", "m", escape)),
      (text, codes) => {
        const line = [text.slice(0, 40), ...codes, text.slice(40)].join(escape);
        for (const { look } of ansiSpans(line)) assert.match(look, /^(a[0-7]|ab|ad|ai|au| )*$/);
        assert.equal(
          ansiSpans(line)
            .map((span) => span.text)
            .join(""),
          plainText(line),
        );
      },
    ),
  );
});

test("a line that is made to take long is read in linear time", () => {
  const time = (length: number) => {
    const line = `${escape}]`.repeat(length) + `${escape}[`.repeat(length) + "1;".repeat(length);
    const start = performance.now();
    plainText(line);
    return performance.now() - start;
  };
  time(1_000);
  assert(time(200_000) < 1_000);
});

test("only addresses of the web become links", () => {
  for (const text of [
    "javascript:alert(1)",
    " java\tscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "//evil.example",
    "/d/1",
    "file:///etc/passwd",
    "",
  ])
    assert.equal(safeHref(text), undefined, text);
  assert.equal(safeHref("https://example.com/a?b"), "https://example.com/a?b");
});

test("a command to copy is one command, whatever its words are", () => {
  assert.equal(
    shellWords(["aws", "a b", "it's", "$(reboot)", "`x`", ""]),
    String.raw`aws 'a b' 'it'\''s' '$(reboot)' '` + "`x`' ''",
  );
});

test("messages of the stream come whole, however they are cut, and comments are none", () => {
  const text = `: beat\n\nevent: hello\nid: 7\ndata: {"a":\ndata: 1}\n\ndata:x\n\n`;
  fc.assert(
    fc.property(fc.array(fc.nat({ max: text.length })), (cuts) => {
      const places = [...new Set([0, ...cuts, text.length])].toSorted((a, b) => a - b);
      const read = messageReader();
      const messages = places.flatMap((place, index) => read(text.slice(place, places[index + 1] ?? text.length)));
      assert.deepEqual(messages, [
        { name: "hello", id: "7", data: `{"a":\n1}` },
        { name: "message", id: "", data: "x" },
      ]);
    }),
  );
});
