import assert from "node:assert/strict";
import { test } from "node:test";
import { openConsole, whyNoBrowser } from "./browser.ts";

test(
  "a link opens the console once, and nothing of its code stays in the address",
  { skip: whyNoBrowser },
  async (t) => {
    const { consoleLink, newPage, url, problems } = await openConsole(t);
    const link = consoleLink();
    const page = await newPage();
    await page.goto(link);
    await page.getByRole("heading", { name: "Now", level: 1 }).waitFor();
    assert.equal(page.url(), `${url}/`);
    const history = await page.evaluate("history.length");

    const other = await newPage();
    await other.goto(link);
    await other.getByRole("alert").waitFor();

    assert.equal(history, 2, "the blank page, and this one");
    assert.equal(other.url(), `${url}/`);
    assert.match(await other.locator("main").innerText(), /npx sluice console/);
    assert.deepEqual(problems, []);
  },
);

test(
  "a session that has ended is asked for nothing more, and the page says how to get another",
  { skip: whyNoBrowser },
  async (t) => {
    const { logIn, url, problems } = await openConsole(t);
    const page = await logIn();
    const refused: string[] = [];
    page.on("response", (response) => {
      if (response.status() === 401) refused.push(response.url());
    });
    await page.evaluate(`localStorage.setItem("sluice-session", "A".repeat(43))`);

    await page.goto(`${url}/hosts`);
    await page.getByRole("heading", { name: "Your session is over" }).waitFor();
    const count = refused.length;
    await page.getByRole("heading", { name: "Your session is over" }).click(); // time for what would come after it

    assert(count >= 1 && count <= 2, refused.join("\n"));
    assert.equal(refused.length, count);
    assert.deepEqual(problems, []);
  },
);
