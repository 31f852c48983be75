// Makes the pictures of the README from the running product: `npm run pictures`. Control plane, store, console and stream are the
// real ones; the hosts only speak the agents' protocol, so that there can be many of them.
import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { TestContext } from "node:test";
import {
  AddTagsToOnPremisesInstancesCommand,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentConfigCommand,
  CreateDeploymentGroupCommand,
  RegisterOnPremisesInstanceCommand,
} from "@aws-sdk/client-codedeploy";
import type { Page } from "playwright-core";
import { accountId } from "../support/server-fixture.ts";
import type { Report } from "../support/simulated-agents.ts";
import { type ConsoleInBrowser, openConsole } from "./browser.ts";
import { diskFull, validationFailed } from "./failed-reports.ts";

const folder = resolve(import.meta.dirname, "../../docs/pictures");

const migration = (host: string) =>
  validationFailed([
    `[stdout]waiting for http://${host}:8080/health`,
    "[stdout]attempt 1: HTTP 503",
    "[stdout]attempt 2: HTTP 503",
    "[stderr]\u001b[31mERROR\u001b[0m not healthy: migration 0042_orders is pending",
    "[stderr]  at check (scripts/validate.sh:31)",
  ]);

const disk = diskFull("/opt/shop/releases/2.14.0/bundle.tar");

/** Which hosts of the deployment that fails do so, by the order in which they are begun. */
const causes: ReadonlyMap<number, (host: string) => Report> = new Map([
  [3, migration],
  [7, migration],
  [12, migration],
  [16, () => disk],
]);

const named = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${String(index + 1).padStart(count > 99 ? 4 : 2, "0")}`);

interface Group {
  readonly application: string;
  readonly group: string;
  readonly hosts: readonly string[];
}

/** Makes a deployment group of hosts that are outside the cloud. */
async function addGroup({ client, agents }: ConsoleInBrowser, { application, group, hosts }: Group): Promise<void> {
  const tag = { Key: "Fleet", Value: `${application}-${group}` };
  for (let from = 0; from < hosts.length; from += 50) {
    const some = hosts.slice(from, from + 50);
    await Promise.all(
      some.map(async (name) => {
        const iamUserArn = `arn:aws:iam::${accountId}:user/${name}`;
        await client.send(new RegisterOnPremisesInstanceCommand({ instanceName: name, iamUserArn }));
        agents.start(name, iamUserArn);
      }),
    );
    await client.send(new AddTagsToOnPremisesInstancesCommand({ instanceNames: [...some], tags: [tag] }));
  }
  await client.send(
    new CreateDeploymentGroupCommand({
      applicationName: application,
      deploymentGroupName: group,
      serviceRoleArn: `arn:aws:iam::${accountId}:role/deploy`,
      deploymentConfigName: "CodeDeployDefault.AllAtOnce",
      onPremisesInstanceTagFilters: [{ ...tag, Type: "KEY_AND_VALUE" }],
      autoRollbackConfiguration: { enabled: false, events: ["DEPLOYMENT_FAILURE"] },
    }),
  );
}

async function deploy(
  { client }: ConsoleInBrowser,
  [applicationName, deploymentGroupName]: readonly [string, string],
  [commit, description]: readonly [string, string],
  deploymentConfigName?: string,
): Promise<string> {
  const gitHubLocation = { repository: `acme/${applicationName}`, commitId: commit.padEnd(40, "0") };
  const { deploymentId = "" } = await client.send(
    new CreateDeploymentCommand({
      applicationName,
      deploymentGroupName,
      description,
      revision: { revisionType: "GitHub", gitHubLocation },
      ...(deploymentConfigName !== undefined && { deploymentConfigName }),
    }),
  );
  return deploymentId;
}

/** Brings the control plane into a state that is worth a picture. */
async function prepare(console: ConsoleInBrowser, state: { isBroken: boolean; isHeld: boolean }) {
  const { client, ended } = console;
  for (const name of ["billing", "search"]) await client.send(new CreateApplicationCommand({ applicationName: name }));
  await client.send(
    new CreateDeploymentConfigCommand({
      deploymentConfigName: "NinetyPercent",
      minimumHealthyHosts: { type: "FLEET_PERCENT", value: 90 },
    }),
  );
  await addGroup(console, { application: "shop", group: "production", hosts: named("web", 40) });
  await addGroup(console, { application: "shop", group: "staging", hosts: named("stage", 4) });
  await addGroup(console, { application: "billing", group: "production", hosts: named("pay", 12) });
  await addGroup(console, { application: "search", group: "production", hosts: named("node", 600) });
  for (const [application, group] of [
    ["shop", "staging"],
    ["billing", "production"],
    ["shop", "production"],
    ["search", "production"],
  ] as const)
    await ended(await deploy(console, [application, group], ["4be19c2", "2.13.4"]), 120);
  await ended(await deploy(console, ["shop", "staging"], ["9f31d07", "2.14.0"]), 60);
  state.isBroken = true;
  const failed = await deploy(console, ["shop", "production"], ["9f31d07", "2.14.0"], "NinetyPercent");
  await ended(failed, 120);
  state.isHeld = true;
  const running = await deploy(console, ["search", "production"], ["c05a88e", "5.2.0: the new index"], "NinetyPercent");
  await deploy(console, ["billing", "production"], ["77d0ae1", "Rounding"], "CodeDeployDefault.HalfAtATime");
  return { failed, running };
}

/** A page as it is seen, as WebP, which is a third of what PNG takes. */
async function pictureOf(page: Page): Promise<Buffer> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 82 });
  return Buffer.from(data, "base64");
}

const cleanUps: (() => unknown)[] = [];
const context = { after: (cleanUp: () => unknown) => void cleanUps.unshift(cleanUp) } as unknown as TestContext; // all that the fixtures use of it

const state = { isBroken: false, isHeld: false };
const order: string[] = [];
let begun = 0;
const held: Promise<"Succeeded">[] = [];
const console_ = await openConsole(context, {
  answer: (host, event) => {
    if (state.isBroken && host.startsWith("web-") && !order.includes(host)) order.push(host);
    const cause = causes.get(order.indexOf(host))?.(host);
    if (cause !== undefined && event === (cause === disk ? "Install" : "ValidateService")) return cause;
    if (!state.isHeld || event !== "ValidateService") return "Succeeded";
    begun += 1;
    // Some go on and some are held: the picture shows a deployment that is under way.
    if (begun % 5 !== 0 && begun < 380)
      return host === "node-0123" || host === "node-0377" ? migration(host) : "Succeeded";
    const forever = new Promise<"Succeeded">(() => {});
    held.push(forever);
    return forever;
  },
});
try {
  const { failed, running } = await prepare(console_, state);
  mkdirSync(folder, { recursive: true });
  const shots: readonly (readonly [name: string, path: string, waitFor: string, height: number])[] = [
    ["now", "/", "Finished", 800],
    ["why", `/d/${failed}`, "What to do next", 900],
    ["targets", `/d/${running}`, "In groups by", 800],
    ["where", "/where", "search", 560],
  ];
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await console_.logIn({ colorScheme, viewport: { width: 1200, height: 800 }, deviceScaleFactor: 1.5 });
    for (const [name, path, waitFor, height] of shots) {
      await page.setViewportSize({ width: 1200, height });
      await page.goto(console_.url + path);
      await page.getByText(waitFor).first().waitFor();
      await page.locator(".skeleton").first().waitFor({ state: "detached" });
      await page.waitForTimeout(700);
      writeFileSync(`${folder}/${name}-${colorScheme}.webp`, await pictureOf(page));
    }
  }
  console.log(`Pictures are in ${folder}${console_.problems.map((problem) => `\n${problem}`).join("")}`);
} finally {
  process.exitCode ??= 0;
  await console_.browser.close();
  process.exit();
}
