import assert from "node:assert/strict";
import { test } from "node:test";
import { openConsole, patience, whyNoBrowser } from "./browser.ts";

/** Answers that wait until they are released. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, release: resolve };
}

test(
  "a deployment is followed to its end without a question after the first: one stream tells it to every tab",
  { skip: whyNoBrowser },
  async (t) => {
    const gate = held();
    const { host, group, deploy, ended, logIn, url, problems } = await openConsole(t, {
      answer: async (_, event) => {
        if (event === "ApplicationStart") await gate.promise;
        return "Succeeded" as const;
      },
    });
    t.after(() => gate.release());
    for (const name of ["web-1", "web-2", "web-3"]) await host(name);
    await group({ deploymentConfigName: "CodeDeployDefault.AllAtOnce" });
    const page = await logIn();
    await page.getByText("Live", { exact: true }).waitFor();
    const id = await deploy();
    await page.getByRole("link", { name: /shop \/ prod/ }).waitFor();
    const second = await page.context().newPage();
    const streams: string[] = [];
    for (const each of [page, second])
      each.on("request", (request) => {
        if (request.url().includes("/console/stream")) streams.push(each === page ? "first" : "second");
      });
    await page.goto(`${url}/d/${id}`);
    await second.goto(`${url}/d/${id}`);
    for (const each of [page, second]) await each.getByText("ApplicationStart").first().waitFor();

    gate.release();
    await ended(id);
    for (const each of [page, second]) {
      await each.getByRole("heading", { level: 1, name: /^Succeeded/ }).waitFor();
      await each.locator(".target-tile.t-ok").nth(2).waitFor();
      assert.match(await each.getByRole("list", { name: "States" }).innerText(), /^3\s*succeeded$/);
    }

    assert(!streams.includes("second"), "a tab that is not the first listens to it");
    assert.deepEqual(problems, []);
  },
);

test(
  "a page says since when it is not live, and is again when the stream can be had",
  { skip: whyNoBrowser },
  async (t) => {
    const { host, group, deploy, logIn, problems } = await openConsole(t);
    await host("web-1");
    await group();
    const page = await logIn();
    await page.getByText("Live", { exact: true }).waitFor();

    await page.context().route("**/console/stream*", (route) => route.abort());
    await page.reload();
    await page.getByRole("status").filter({ hasText: "Not live since" }).waitFor();
    await page.context().unroute("**/console/stream*");
    await page.getByText("Live", { exact: true }).waitFor({ timeout: 2 * patience });
    await deploy();

    await page
      .getByRole("link", { name: /shop \/ prod/ })
      .first()
      .waitFor();
    assert.deepEqual(problems, []);
  },
);
