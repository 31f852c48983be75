import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { accessibilityFindings } from "./accessibility.ts";
import { whyNoBrowser } from "./browser.ts";
import { failing, openFailingFleet } from "./failing-fleet.ts";

/** Waits until a page shows what it is about: its heading, and nothing that is still on its way. */
async function settled(page: Page): Promise<void> {
  await page.locator("main h1").waitFor();
  await page.locator(".skeleton").first().waitFor({ state: "detached" });
}

/** Shows a page and waits for what it is about. */
async function show(page: Page, path: string, shows: RegExp): Promise<void> {
  await page.goto(new URL(path, page.url()).href);
  await page
    .getByText(shows)
    .first()
    .waitFor({ state: "attached" })
    .catch(async () => {
      const text = await page.locator("main").innerText();
      assert.fail(`${path} does not show ${String(shows)}: ${text.slice(0, 600)}`);
    });
}

test("the console's screens show the real server's answers to everybody", { skip: whyNoBrowser }, async (t) => {
  const { logIn, bad, good, problems } = await openFailingFleet(t);
  const [host = ""] = failing.keys();
  const screens: readonly (readonly [path: string, shows: RegExp])[] = [
    ["/", /Finished/],
    ["/where", /shop/],
    ["/deployments", /prod/],
    ["/apps", /shop/],
    ["/apps/shop", /Revisions/],
    ["/apps/shop/groups/prod", /How it deploys/],
    ["/apps/shop/groups/prod?view=hosts", /web-01/],
    ["/deploy?application=shop&group=prod", /Deployment group/],
    [`/d/${bad}`, /What to do next/],
    [`/d/${bad}?view=grid`, /web-03/],
    [`/d/${bad}?view=events`, /web-03/],
    [`/d/${bad}/logs`, /migration 0042_orders is pending/],
    [`/d/${bad}?view=settings`, /Settings in force/],
    [`/d/${bad}?view=raw`, /deploymentId/],
    [`/d/${good}`, /web-20/],
    [`/d/${bad}/t/${host}`, /Lifecycle events/],
    ["/hosts", /web-01/],
    ["/hosts/web-01", /What runs here/],
    ["/audit", /CreateDeployment/],
    ["/me", /administrator/],
  ];
  for (const colorScheme of ["light", "dark"] as const)
    await t.test(`no rule of WCAG AA is broken on any screen in ${colorScheme}`, async () => {
      const page = await logIn({ colorScheme });
      const findings: string[] = [];
      for (const [path, shows] of screens) {
        await show(page, path, shows);
        await settled(page);
        findings.push(...(await accessibilityFindings(page)));
      }
      assert.deepEqual(findings, []);
    });

  await t.test(
    "on a screen of 360 pixels nothing is cut off of what happens now, a deployment and its cause",
    async () => {
      const page = await logIn({ viewport: { width: 360, height: 740 } });
      for (const path of ["/", `/d/${bad}`, `/d/${bad}?view=grid`]) {
        await show(page, path, /prod/);
        await settled(page);
        const width = await page.evaluate<number>("document.documentElement.scrollWidth");
        assert(width <= 360, `${path} is ${width} pixels wide`);
        assert.deepEqual(await accessibilityFindings(page), [], path);
      }
    },
  );

  await t.test("what is not there is told apart from what failed", async () => {
    const page = await logIn();
    await show(page, "/d/d-NONE00000", /There is no such thing/);
    await page.route("**/console/api/where*", (route) =>
      route.fulfill({ status: 503, json: { error: { code: "Busy", message: "The disk is full.", requestId: "r-1" } } }),
    );
    await show(page, "/where", /The server could not answer/);
    assert.match(await page.getByRole("alert").innerText(), /The disk is full\.[\s\S]*r-1/);
    await page.unroute("**/console/api/where*");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("shop").first().waitFor();
  });

  assert.deepEqual(problems, []);
});
