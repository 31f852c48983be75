import assert from "node:assert/strict";
import { test } from "node:test";
import { consoleLink } from "./console.ts";

test("a link to the console has its code behind the mark that no server sees, and an address that a browser can be sent to", () => {
  assert.equal(consoleLink("http://127.0.0.1:4566", "abc"), "http://127.0.0.1:4566/#c=abc");
  assert.equal(consoleLink("http://0.0.0.0:4566", "abc"), "http://127.0.0.1:4566/#c=abc");
  assert.equal(consoleLink("https://[::]:4566", "abc"), "https://127.0.0.1:4566/#c=abc");
  assert.equal(consoleLink("https://sluice.example.com/", "abc"), "https://sluice.example.com/#c=abc");
});
