import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { fits, type PatternSigns, readPattern } from "./wildcards.ts";

const letters = (...of: readonly string[]) => fc.string({ unit: fc.constantFrom(...of), maxLength: 12 });

/** Whether a text fits, by a regular expression of the same sense. */
function fitsByExpression(text: string, pattern: string, { hasOneCharacter, hasEscapes }: PatternSigns): boolean {
  const source = pattern.replaceAll(hasEscapes ? /\\[^]|[^]/g : /[^]/g, (sign) => {
    if (sign === "*") return "[^]*";
    if (sign === "?" && hasOneCharacter) return "[^]";
    return RegExp.escape(sign.length === 2 ? sign.slice(1) : sign);
  });
  return new RegExp(`^${source}$`).test(text);
}

test("a pattern means what the regular expression of the same sense means", () => {
  fc.assert(
    fc.property(
      letters("a", "b", "*", "?", "\\"),
      letters("a", "b", "*", "?", "\\"),
      fc.record({ hasOneCharacter: fc.boolean(), hasEscapes: fc.boolean() }),
      (text, pattern, signs) => {
        assert.equal(fits(text, readPattern(pattern, signs)), fitsByExpression(text, pattern, signs));
      },
    ),
    { numRuns: 3_000 },
  );
});

test("a part with more characters than a word has bits is found where it is", () => {
  const part = `${"a?".repeat(40)}b`;
  const text = `${"a".repeat(500)}${"ac".repeat(40)}b`;
  const signs = { hasOneCharacter: true, hasEscapes: false };

  assert(fits(text, readPattern(`*${part}`, signs)));
  assert(fits(`${text}!`, readPattern(`*${part}*`, signs)));
  assert(!fits(text, readPattern(`*${part}?*`, signs)));
});
