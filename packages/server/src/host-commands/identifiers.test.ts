import assert from "node:assert/strict";
import { test } from "node:test";
import type { Store } from "../store/index.ts";
import type { CommandRecord } from "../store/deployments/outbox.ts";
import { Identifiers } from "./identifiers.ts";

const place = { region: "eu-west-1", accountId: "123456789012" };
const command = { deploymentId: "d-ABCDEFGHI", host: "i-1", event: "Install" } as CommandRecord; // what an identifier names of it

/** Identifiers over a store of one command, and how often it was searched. */
function opened() {
  const searches = { count: 0 };
  const find = (...named: readonly string[]) => {
    searches.count += 1;
    return named.join() === "d-ABCDEFGHI,i-1,Install" ? command : undefined;
  };
  const store = { commands: { find } } as unknown as Store; // all that is asked of it
  return { identifiers: new Identifiers(store, place), searches };
}

test("a command that was named to a host is known by that name alone, without a search", () => {
  const { identifiers, searches } = opened();
  const name = identifiers.name(command);

  assert.equal(identifiers.find(name), command);
  assert.equal(searches.count, 0);
});

test("what a command may also be called is understood and not kept, and nothing long is looked at", () => {
  const { identifiers, searches } = opened();
  const text = Buffer.from(identifiers.name(command), "base64").toString();
  const spelled = (blanks: number) => Buffer.from(text.replace("[", `[${" ".repeat(blanks)}`)).toString("base64");

  assert.equal(identifiers.find(spelled(10)), command);
  assert.equal(identifiers.find(spelled(10)), command);
  assert.equal(searches.count, 2); // found again, as it was not kept
  assert.equal(identifiers.find(spelled(2_000)), undefined);
  assert.equal(searches.count, 2);
});
