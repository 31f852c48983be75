import assert from "node:assert/strict";
import { test } from "node:test";
import { AddTagsToOnPremisesInstancesCommand } from "@aws-sdk/client-codedeploy";
import { openConsole, whyNoBrowser } from "./browser.ts";

const markup = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;
const link = "\u001b]8;;javascript:alert(3)\u001b\\click\u001b]8;;\u001b\\";

test(
  "texts that would like to be markup, links or a terminal's commands are shown as text, wherever they stand",
  { skip: whyNoBrowser },
  async (t) => {
    const { client, host, group, deploy, ended, logIn, url, problems } = await openConsole(t, {
      answer: (_, event) =>
        event === "Install"
          ? {
              status: "Failed",
              diagnostics: {
                error_code: 4,
                script_name: `scripts/${markup}`,
                message: `${markup} javascript:alert(4)`,
                log: `${markup}\n${link}\n\u001b[31mred\u001b[0m\u001b[2J`,
              },
            }
          : "Succeeded",
    });
    await host("web-1");
    await group();
    await client.send(
      new AddTagsToOnPremisesInstancesCommand({ instanceNames: ["web-1"], tags: [{ Key: markup, Value: link }] }),
    );
    const id = await deploy({ description: `${markup}${link}` });
    await ended(id);
    const page = await logIn();

    for (const path of [
      "/",
      "/where",
      "/deployments",
      "/apps",
      `/d/${id}`,
      `/d/${id}/logs`,
      `/d/${id}?view=grid`,
      `/d/${id}?view=events`,
      `/d/${id}/t/web-1`,
      "/audit",
      `/deploy?application=shop&group=${encodeURIComponent(markup)}`,
      "/hosts/web-1",
      `/hosts?q=${encodeURIComponent(markup)}`,
    ]) {
      await page.goto(url + path);
      await page.locator("main h1").waitFor();
      await page.locator(".skeleton").first().waitFor({ state: "detached" });
      assert.equal(await page.locator("main img, main script, main b:has(script), iframe").count(), 0, path);
      const targets = await page
        .locator("a")
        .evaluateAll((links) => links.map((each) => String(each.getAttribute("href"))));
      assert.deepEqual(
        targets.filter((target) => !/^(?:\/(?!\/)|#|https?:\/\/)/.test(target)),
        [],
        path,
      );
    }
    await page.goto(`${url}/d/${id}`);
    const shown = await page.getByRole("article").innerText();
    assert(shown.includes(markup), shown);
    assert.match(shown, /^click$/m);
    assert.equal(shown.includes("\u001b"), false);
    assert.deepEqual(problems, []);
  },
);
