import assert from "node:assert/strict";
import { test } from "node:test";
import { newUser } from "../identity/principals.ts";
import { openConsole, whyNoBrowser } from "./browser.ts";

test(
  "who may only read is shown what there is, told which right a page wants, and offered nothing that would be refused without the reason",
  { skip: whyNoBrowser },
  async (t) => {
    const console = await openConsole(t, { answer: (_, event) => (event === "Install" ? "Failed" : "Succeeded") });
    const { host, group, deploy, ended, url, problems } = console;
    await host("web-1");
    await group();
    const id = await deploy();
    await ended(id);
    const page = await console.logIn(
      {},
      await newUser(console, "reader", {
        Effect: "Allow",
        Resource: "*",
        Action: ["codedeploy:Get*", "codedeploy:List*", "codedeploy:BatchGet*", "sluice:Explain*"],
      }),
    );

    await page.goto(`${url}/d/${id}`);
    await page.getByRole("heading", { name: "What to do next" }).waitFor();
    const again = page.getByRole("button", { name: "Deploy again" }).first();
    assert.equal(await again.getAttribute("aria-disabled"), "true");
    await again.focus();
    await page.keyboard.press("Enter");
    assert.match(await page.getByRole("status").last().innerText(), /codedeploy:CreateDeployment/);
    assert.equal(await page.getByRole("dialog").count(), 0);
    await page.goto(`${url}/audit`);
    await page.getByRole("alert").getByText("You may not see this").waitFor();

    assert.deepEqual(problems, []);
  },
);
