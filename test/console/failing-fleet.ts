import { CreateDeploymentConfigCommand } from "@aws-sdk/client-codedeploy";
import { openConsole } from "./browser.ts";
import { diskFull, validationFailed } from "./failed-reports.ts";

/** Which of the hosts fail, by the order in which they are begun, and why: so it ends the same whatever the order is. */
const causes: ReadonlyMap<number, "migration" | "disk"> = new Map([
  [1, "migration"],
  [4, "migration"],
  [7, "disk"],
]);

/** What a host says whose health check fails: a line of it differs from host to host. */
const migration = (host: string) =>
  validationFailed([
    `[stdout]waiting for http://${host}.internal:8080/health`,
    "[stdout]attempt 1: connection refused",
    "[stderr]\u001b[31mERROR\u001b[0m health check failed: migration 0042_orders is pending",
    "[stderr]  at check (scripts/validate.sh:31)",
  ]);

const disk = diskFull("/opt/shop/releases/bundle.tar");

/** A console over twenty hosts, on which a revision has succeeded and another fails on three, for two causes. */
export async function openFailingFleet(t: Parameters<typeof openConsole>[0]) {
  let isBroken = false;
  const begun: string[] = [];
  const failing = new Map<string, "migration" | "disk">();
  const console = await openConsole(t, {
    answer: (host, event) => {
      if (!isBroken) return "Succeeded";
      if (!begun.includes(host)) begun.push(host);
      const cause = causes.get(begun.indexOf(host));
      if (cause !== undefined) failing.set(host, cause);
      if (cause === "migration" && event === "ValidateService") return migration(host);
      return cause === "disk" && event === "Install" ? disk : "Succeeded";
    },
  });
  const names = Array.from({ length: 20 }, (_, index) => `web-${String(index + 1).padStart(2, "0")}`);
  for (const name of names) await console.host(name);
  await console.group({ deploymentConfigName: "CodeDeployDefault.AllAtOnce" });
  const good = await console.deploy({ description: "The first release" });
  await console.ended(good);
  isBroken = true;
  await console.client.send(
    new CreateDeploymentConfigCommand({
      deploymentConfigName: "ThreeMayFail",
      minimumHealthyHosts: { type: "FLEET_PERCENT", value: 85 },
    }),
  );
  const bad = await console.deploy({ description: "The second release", deploymentConfigName: "ThreeMayFail" });
  await console.ended(bad, 60);
  return { ...console, good, bad, failing, mend: () => void (isBroken = false) };
}
