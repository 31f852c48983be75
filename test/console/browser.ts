import type { TestContext } from "node:test";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { consoleListener } from "@sluice/console";
import { type DeploymentFixtureOptions, openDeploymentFixture } from "../end-to-end/deployment-fixture.ts";
import type { Credentials } from "../support/server-fixture.ts";
import { whyMissing } from "../support/why-missing.ts";

/** Why there is no browser to test in; false when there is one. For `skip`. */
export const whyNoBrowser = await whyMissing("chromium");

/** How long a page may take to show something, in milliseconds: generous, because the machine may be busy. */
export const patience = 20_000;

/** A console in a browser, on a control plane with hosts that only speak the agents' protocol. */
export async function openConsole(t: TestContext, options: DeploymentFixtureOptions = {}) {
  const fixture = await openDeploymentFixture(t, { ...options, fallback: consoleListener() });
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  t.after(() => browser.close()); // before the server, which would wait for the stream
  const problems: string[] = [];
  return {
    ...fixture,
    browser,
    /** What the pages' scripts have thrown, and what the policy of the pages has refused. */
    problems,
    /** Opens a window of its own, and logs in through a link. */
    logIn: async (view: BrowserContextOptions = {}, as?: Credentials): Promise<Page> => {
      const page = await newPage(browser, view, problems);
      await page.goto(fixture.consoleLink(as));
      await page.locator("main h1").waitFor();
      return page;
    },
    newPage: (view: BrowserContextOptions = {}) => newPage(browser, view, problems),
  };
}

export type ConsoleInBrowser = Awaited<ReturnType<typeof openConsole>>;

async function newPage(browser: Browser, view: BrowserContextOptions, problems: string[]): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...view });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  page.on("pageerror", (error) => problems.push(`${page.url()}: ${error.message}`));
  page.on("console", (message) => {
    // A status from 400 on is told by the page itself; the browser's line about it is no defect.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      problems.push(`${page.url()}: ${message.text()}`);
  });
  page.on("dialog", (dialog) => {
    problems.push(`${page.url()}: a dialog says ${dialog.message()}`);
    void dialog.dismiss();
  });
  await context.exposeFunction("reportViolation", (text: string) => void problems.push(`${page.url()}: ${text}`));
  await context.addInitScript({
    content: `addEventListener("securitypolicyviolation", (event) => reportViolation("The policy refused " + event.violatedDirective + " " + event.blockedURI));`,
  });
  return page;
}
