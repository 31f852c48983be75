#!/usr/bin/env node
// Succeeds as soon as the server answers with the version that was just installed; fails after ten seconds.
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

const wanted = `version ${readFileSync(new URL("VERSION", import.meta.url), "utf8").trim()},`;
const url = `http://127.0.0.1:${process.env.PORT ?? 8080}/`;
const end = Date.now() + 10_000;
let found = "no answer";
while (Date.now() < end) {
  try {
    found = await (await fetch(url)).text();
    if (found.includes(wanted)) {
      console.log(found.trim());
      process.exit(0);
    }
  } catch (error) {
    found = error.cause?.message ?? error.message;
  }
  await pause(50);
}
console.error(`${url}: wanted "${wanted}", found "${found.trim()}"`);
process.exit(1);
