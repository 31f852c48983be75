import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../support/eventually.ts";
import { whyNoBrowser } from "./browser.ts";
import { openFailingFleet } from "./failing-fleet.ts";

test(
  "a failed deployment opens on both its causes, the first host of each and the rule, and its retry is one click",
  { skip: whyNoBrowser },
  async (t) => {
    const { logIn, url, bad, failing, mend, ended, problems } = await openFailingFleet(t);
    const page = await logIn();
    await page
      .getByRole("link", { name: /shop \/ prod/ })
      .first()
      .click();
    await page.getByRole("heading", { name: "What to do next" }).waitFor();

    const causes = page.getByRole("article");
    await causes.nth(1).waitFor();
    const [first, second] = (await causes.allInnerTexts()).toSorted(
      (a, b) => Number(b.includes("ValidateService")) - Number(a.includes("ValidateService")),
    );
    assert.equal(page.url(), `${url}/d/${bad}`);
    assert.match(first ?? "", /ValidateService[\s\S]*scripts\/validate\.sh[\s\S]*2 of 20 targets/);
    assert.match(first ?? "", /ERROR health check failed: migration 0042_orders is pending/);
    const hosts = (cause: string) =>
      [...failing]
        .filter(([, why]) => why === cause)
        .map(([name]) => name)
        .join("|");
    assert.match(first ?? "", new RegExp(`First on\\s+(${hosts("migration")})`));
    assert.match(
      second ?? "",
      new RegExp(`Install[^]*1 of 20 targets[^]*No space left on device[^]*First on\\s+${hosts("disk")}`),
    );
    assert.match(await page.getByRole("region", { name: "The rule that ended it" }).innerText(), /17/);

    mend();
    await page.getByRole("button", { name: /^Retry the [0-9]+ targets that lack it/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: /Retry/ }).click();
    const retry = await eventually("the retry is shown", async () => {
      const [, id] = /\/d\/(d-\w+)$/.exec(page.url()) ?? [];
      return id === bad ? undefined : id;
    });

    const { status, deploymentOverview } = await ended(retry, 60);
    assert.equal(status, "Succeeded");
    assert((deploymentOverview?.Succeeded ?? 0) >= failing.size);
    assert.deepEqual(problems, []);
  },
);

test(
  "what is on the way from a failed deployment to its rollback needs no pointer",
  { skip: whyNoBrowser },
  async (t) => {
    const { logIn, bad, url, problems } = await openFailingFleet(t);
    const page = await logIn();
    await page.getByText("Finished").waitFor();

    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "What to do next" }).waitFor();
    assert.equal(page.url(), `${url}/d/${bad}`);
    assert.equal(
      await page.evaluate("document.activeElement.tagName"),
      "H1",
      "the heading of the new page has the focus",
    );
    const button = page.getByRole("button", { name: "Roll back" }).last();
    await button.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");

    assert.equal(
      await button.evaluate((element) => element === element.ownerDocument.activeElement),
      true,
      "and gets it back",
    );
    assert.deepEqual(problems, []);
  },
);
