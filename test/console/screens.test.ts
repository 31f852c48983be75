import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { accessibilityFindings } from "./accessibility.ts";
import { openConsole, whyNoBrowser } from "./browser.ts";
import { openFailingFleet } from "./failing-fleet.ts";

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
  const { logIn, bad, good, failing, problems } = await openFailingFleet(t);
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
    [`/d/${bad}?view=grid`, new RegExp(host)],
    [`/d/${bad}?view=events`, new RegExp(host)],
    [`/d/${bad}/logs`, /migration 0042_orders is pending/],
    [`/d/${bad}?view=settings`, /Settings in force/],
    [`/d/${bad}?view=raw`, /deploymentId/],
    [`/d/${good}`, /web-20/],
    [`/d/${bad}/t/${host}`, /Lifecycle events/],
    ["/hosts", /web-01/],
    ["/hosts/web-01", /What runs here/],
    ["/audit?operation=CreateDeployment", /CreateDeployment/],
    ["/cloud", /Auto Scaling groups/],
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

test(
  "where the system sets the colours, the picture of targets keeps its own: failed ones are not like the others",
  { skip: whyNoBrowser },
  async (t) => {
    const { logIn, host, group, deploy, ended, url, problems } = await openConsole(t, {
      answer: (name) => (name === "web-7" ? "Failed" : "Succeeded"),
    });
    for (let number = 1; number <= 210; number += 1) await host(`web-${number}`);
    await group({ deploymentConfigName: "CodeDeployDefault.AllAtOnce" });
    const id = await deploy();
    await ended(id, 90);
    const page = await logIn({ forcedColors: "active", reducedMotion: "reduce" });

    await page.goto(`${url}/d/${id}?view=grid&by=none`);
    const picture = page.getByRole("img", { name: "210 targets: 209 succeeded, 1 failed." });
    await picture.waitFor();
    const colours = await picture.evaluate((canvas) => {
      const { width, height } = canvas as unknown as { width: number; height: number };
      const context = (
        canvas as unknown as {
          getContext: (kind: "2d") => { getImageData: (...box: number[]) => { data: Uint8ClampedArray } };
        }
      ).getContext("2d");
      const { data } = context.getImageData(0, 0, width, height);
      const seen = new Map<string, number>();
      for (let at = 0; at < data.length; at += 4) {
        const colour = data.subarray(at, at + 3).join();
        if (data[at + 3] === 255) seen.set(colour, (seen.get(colour) ?? 0) + 1);
      }
      return [...seen.values()].filter((count) => count > 100).length;
    });
    assert(colours >= 2, `${colours} colours`);
    await page.getByRole("application").focus();
    await page.keyboard.press("End");
    assert.match(await page.locator(".grid .sr[aria-live]").innerText(), /^web-\d+, Succeeded/);
    assert.equal(await page.getByRole("table").getByRole("row").filter({ hasText: "web-7" }).count(), 1);
    assert.deepEqual(problems, []);
  },
);
