import assert from "node:assert/strict";
import { test } from "node:test";
import { nextMatch } from "./recurrence.ts";

const at = (text: string) => Date.parse(text);
const next = (recurrence: string, after: string, zone = "Etc/UTC") => {
  const found = nextMatch(recurrence, at(after), zone);
  return found === undefined ? undefined : new Date(found).toISOString().replace(":00.000Z", "Z");
};

test("a recurrence comes at the next minute that it matches", () => {
  assert.equal(next("30 9 * * *", "2026-11-24T09:29:59Z"), "2026-11-24T09:30Z");
  assert.equal(next("30 9 * * *", "2026-11-24T09:30:00Z"), "2026-11-25T09:30Z");
  assert.equal(next("*/15 * * * *", "2026-11-24T09:31:00Z"), "2026-11-24T09:45Z");
  assert.equal(next("0 22 * * MON-FRI", "2026-11-27T23:00:00Z"), "2026-11-30T22:00Z");
  assert.equal(next("0 0 1 1,7 *", "2026-11-24T00:00:00Z"), "2027-01-01T00:00Z");
  assert.equal(next("0 0 * * 7", "2026-11-24T00:00:00Z"), "2026-11-29T00:00Z");
});

test("with a day of the month and a day of the week, either will do", () => {
  assert.equal(next("0 0 13 * 5", "2026-11-24T00:00:00Z"), "2026-11-27T00:00Z");
  assert.equal(next("0 0 25 * 5", "2026-11-24T00:00:00Z"), "2026-11-25T00:00Z");
});

test("a time zone has its own clocks, half hours and summer time among them", () => {
  assert.equal(next("0 9 * * *", "2026-11-24T00:00:00Z", "Asia/Kolkata"), "2026-11-24T03:30Z");
  assert.equal(next("0 9 * * *", "2026-07-01T00:00:00Z", "Europe/Berlin"), "2026-07-01T07:00Z");
});

test("a day that never comes is never due", () => {
  assert.equal(next("0 0 30 2 *", "2026-11-24T00:00:00Z"), undefined);
});

test("what is no recurrence is refused by name", () => {
  for (const text of ["", "* * * *", "60 * * * *", "* * * * mon-sun-fri-x", "a b c d e", "*/0 * * * *", "5-1 * * * *"])
    assert.throws(() => nextMatch(text, 0, "Etc/UTC"), { name: "Fault", code: "ValidationError" }, text);
  assert.throws(() => nextMatch("* * * * *", 0, "Nowhere/City"), /time zone "Nowhere\/City" is not known/);
});
