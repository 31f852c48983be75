import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import {
  AddTagsToOnPremisesInstancesCommand,
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
  RegisterOnPremisesInstanceCommand,
} from "@aws-sdk/client-codedeploy";
import type {
  ActionAnswer,
  ApplicationAnswer,
  Applications,
  DeploymentAnswer,
  Deployments,
  Events,
  GroupAnswer,
  HostAnswer,
  Hosts,
  Logs,
  Now,
  PlanAnswer,
  Search,
  TargetAnswer,
  TargetColumns,
  Where,
  Why,
} from "@sluice/server/console-contract";
import { newUser } from "../identity/principals.ts";
import { SimulatedAgents } from "../support/simulated-agents.ts";
import { region } from "../support/server-fixture.ts";
import { openConsoleFixture } from "./console-fixture.ts";

const role = "arn:aws:iam::123456789012:role/deploy";
const revisionOf = (commit: string) =>
  ({ revisionType: "GitHub", gitHubLocation: { repository: "acme/shop", commitId: commit.repeat(40) } }) as const;

/** A group of six hosts, of which those in `failing` fail ValidateService. */
async function openFleet(t: TestContext, hosts = ["web-1", "web-2", "web-3", "web-4", "web-5", "web-6"]) {
  const fixture = await openConsoleFixture(t);
  const { administrator, url } = fixture;
  const client = new CodeDeployClient(fixture.as());
  const failing = new Set<string>();
  const agents: SimulatedAgents[] = [];
  t.after(async () => {
    await Promise.all(agents.map((agent) => agent.close()));
    client.destroy();
  });
  await client.send(new CreateApplicationCommand({ applicationName: "shop" }));
  for (const instanceName of hosts) {
    const iamUserArn = `arn:aws:iam::123456789012:user/${instanceName}`;
    await client.send(new RegisterOnPremisesInstanceCommand({ instanceName, iamUserArn }));
    await client.send(
      new AddTagsToOnPremisesInstancesCommand({ instanceNames: [instanceName], tags: [{ Key: "app", Value: "shop" }] }),
    );
    const agent = new SimulatedAgents({ url, region, credentials: administrator, clock: Date.now }, (host, event) =>
      event === "ValidateService" && failing.has(host) ? "Failed" : "Succeeded",
    );
    agent.start(instanceName, iamUserArn);
    agents.push(agent);
  }
  await client.send(
    new CreateDeploymentGroupCommand({
      applicationName: "shop",
      deploymentGroupName: "prod",
      serviceRoleArn: role,
      deploymentConfigName: "CodeDeployDefault.HalfAtATime",
      onPremisesInstanceTagFilters: [{ Key: "app", Value: "shop", Type: "KEY_AND_VALUE" }],
    }),
  );
  const session = await fixture.logIn();
  const read = async <Body>(path: string) => {
    const { status, body, text } = await fixture.ask<Body>(path, { as: session });
    assert.equal(status, 200, `${path}: ${text}`);
    return body;
  };
  const ended = async (id: string): Promise<DeploymentAnswer> => {
    for (;;) {
      const found = await read<DeploymentAnswer>(`/console/api/deployments/${id}`);
      if (found.deployment.completeTime !== undefined) return found;
      await fixture.ask(`/console/stream?topics=deployment:${id}&wait=1&since=${found.cursor}`, { as: session });
    }
  };
  const deploy = async (commit: string) => {
    const input = { applicationName: "shop", deploymentGroupName: "prod", revision: revisionOf(commit) };
    const { deploymentId = "" } = await client.send(new CreateDeploymentCommand(input));
    return deploymentId;
  };
  return { ...fixture, session, read, ended, deploy, failing, hosts };
}

const bytes = (text: string) => [...Buffer.from(text, "base64")];

test("a fleet's deployments are told from the first page to the last event", async (t) => {
  const { read, ended, deploy, failing, ask, session: as, hosts } = await openFleet(t);
  const good = await ended(await deploy("a"));
  failing.add("web-2").add("web-5").add("web-1").add("web-3");
  const bad = await ended(await deploy("b"));
  const id = bad.deployment.id;

  assert.equal(good.deployment.status, "Succeeded");
  assert.equal(good.deployment.counts.Succeeded, 6);
  assert.equal(bad.deployment.status, "Failed");
  assert.match(bad.deployment.sentence, /^Failed: \d of 6 targets failed/);
  assert.equal(bad.deployment.error?.code, "HEALTH_CONSTRAINTS");
  assert.deepEqual(
    bad.deployment.waves.map(({ targets }) => targets),
    [3, 3],
  );
  assert.deepEqual(
    [bad.can.stop?.isAllowed, bad.can.retry?.isAllowed, bad.can.rollback?.isAllowed, bad.can.redeploy?.isAllowed],
    [false, true, true, true],
  );
  assert.match(bad.can.rollback?.isAllowed === true ? (bad.can.rollback.consequence ?? "") : "", /acme\/shop@aaaaaaa/);

  const columns = await read<TargetColumns>(`/console/api/deployments/${id}/targets`);
  assert.deepEqual(columns.ids?.toSorted(), hosts);
  const states = bytes(columns.states).map((byte) => columns.stateNames[byte]);
  assert.equal(states.filter((state) => state === "Failed").length, bad.deployment.counts.Failed);
  const failed = columns.ids?.[states.indexOf("Failed")] ?? "";
  assert.equal(columns.eventNames[bytes(columns.events)[states.indexOf("Failed")] ?? 255], "ValidateService");
  assert.deepEqual(
    bytes(columns.waves).filter((_, place) => place % 2 === 0),
    [1, 1, 1, 2, 2, 2],
  );
  assert.equal((await read<TargetColumns>(`/console/api/deployments/${id}/targets?ids=0`)).ids, undefined);

  const target = await read<TargetAnswer>(`/console/api/deployments/${id}/targets/${failed}`);
  assert.equal(target.target.events.find(({ status }) => status === "Failed")?.name, "ValidateService");
  assert(target.host?.lastSeen !== undefined);
  const why = await read<Why>(`/console/api/deployments/${id}/why`);
  assert.equal(why.groups[0]?.event, "ValidateService");
  assert.equal(why.groups[0]?.count, bad.deployment.counts.Failed);
  assert.equal(why.lastSuccess, good.deployment.id);
  assert(why.changed.some(({ what }) => what === "revision"));
  assert.equal(
    (await read<Logs>(`/console/api/deployments/${id}/logs?around=failure`)).lines.length,
    0,
    "these agents write nothing",
  );

  const now = await read<Now>("/console/api/now");
  assert.deepEqual(
    now.finished.map((row) => row.id),
    [id, good.deployment.id],
  );
  const sum = (which: "succeeded" | "failed") => now.outcomes.reduce((all, hour) => all + hour[which], 0);
  assert.deepEqual([now.outcomes.length, sum("succeeded"), sum("failed")], [24, 1, 1]);
  const failedOnes = await read<Deployments>(
    "/console/api/deployments?status=Failed&application=shop&sort=completeTime",
  );
  assert.deepEqual([failedOnes.total, failedOnes.rows.map((row) => row.id)], [1, [id]]);
  assert.deepEqual(failedOnes.counts["status"], { Failed: 1, Succeeded: 1 });
  const paged = await read<Deployments>("/console/api/deployments?limit=1");
  assert.deepEqual(
    (await read<Deployments>(`/console/api/deployments?limit=1&page=${paged.next}`)).rows.map((row) => row.id),
    [good.deployment.id],
  );
  const byRevision = `/console/api/deployments?revision=${encodeURIComponent(bad.deployment.revision.id)}&target=web-1`;
  assert.deepEqual(
    (await read<Deployments>(byRevision)).rows.map((row) => row.id),
    [id],
  );

  const where = await read<Where>("/console/api/where?outdated=1");
  const [cell] = where.rows;
  assert.equal(cell?.target?.short, "aaaaaaa");
  assert.equal(
    cell?.shares.reduce((sum, { targets }) => sum + targets, 0),
    6,
  );
  const applications = await read<Applications>("/console/api/applications");
  assert.equal(applications.rows[0]?.lastDeployment?.id, id);
  const application = await read<ApplicationAnswer>("/console/api/applications/shop");
  assert.deepEqual(
    application.revisions.map(({ current }) => current),
    [[], ["prod"]],
  );
  const group = await read<GroupAnswer>("/console/api/applications/shop/groups/prod");
  assert.equal(group.hosts.length, 6);
  assert(group.settings.some(({ text }) => text.includes("50 percent stay healthy")));
  const fleet = await read<Hosts>("/console/api/hosts?q=web-1");
  assert.deepEqual(
    fleet.rows.map(({ host, kind, isSilent }) => [host, kind, isSilent]),
    [["web-1", "on-premises", false]],
  );
  const host = await read<HostAnswer>("/console/api/hosts/web-1");
  assert.deepEqual(
    host.history.map((one) => one.deployment.id),
    [id, good.deployment.id],
  );
  const events = await read<Events>(`/console/api/deployments/${id}/events?limit=5`);
  assert.equal(events.rows[0]?.status, "Failed");
  assert((await read<Events>(`/console/api/deployments/${id}/events?limit=5&page=${events.next}`)).rows.length > 0);
  const found = await read<Search>(`/console/api/search?q=${id.slice(0, 6)}`);
  assert(found.results.some(({ path }) => path === `/d/${id}`));

  const plan = await ask<PlanAnswer>("/console/api/plan", {
    method: "POST",
    as,
    body: { input: { applicationName: "shop", deploymentGroupName: "prod", revision: revisionOf("c") } },
  });
  assert.equal(plan.status, 200, plan.text);
  assert.equal(plan.body.targets.length, 6);
  failing.clear();
  const retry = await ask<ActionAnswer>("/console/api/actions/retry", {
    method: "POST",
    as,
    body: { deploymentId: id },
  });
  assert.equal(retry.status, 200, retry.text);
  const again = await ended(retry.body.deploymentId ?? "");
  assert.deepEqual([again.deployment.status, again.deployment.retryOf], ["Succeeded", id]);
  const back = await ask<ActionAnswer>("/console/api/actions/rollback", {
    method: "POST",
    as,
    body: { deploymentId: again.deployment.id },
  });
  assert.equal((await ended(back.body.deploymentId ?? "")).deployment.revision.short, "aaaaaaa");
});

test("what a principal may not see is not there, and what it may not do says which right is missing", async (t) => {
  const fixture = await openFleet(t, ["web-1"]);
  const { deploy, ended, ask } = fixture;
  const { deployment } = await ended(await deploy("a"));
  const allow = (...Action: readonly string[]) => ({ Effect: "Allow", Action, Resource: "*" });
  const [reader, nobody] = [
    await fixture.logIn(
      await newUser(fixture, "reader", allow("sluice:CreateConsoleCode", "codedeploy:GetDeployment")),
    ),
    await fixture.logIn(await newUser(fixture, "nobody", allow("sluice:CreateConsoleCode"))),
  ];
  const paths = [
    "now",
    "where",
    "deployments",
    "hosts",
    "applications",
    "events",
    "audit",
    "search?q=shop",
    `deployments/${deployment.id}`,
  ];

  for (const path of paths) assert.equal((await ask(`/console/api/${path}`, { as: nobody })).status, 403, path);
  const seen = await ask<DeploymentAnswer>(`/console/api/deployments/${deployment.id}`, { as: reader });
  assert.equal(seen.status, 200);
  const { redeploy } = seen.body.can;
  assert(redeploy?.isAllowed === false && redeploy.because === "right", JSON.stringify(redeploy));
  const refused = await ask("/console/api/actions/redeploy", {
    method: "POST",
    as: reader,
    body: { deploymentId: deployment.id },
  });
  assert.equal(refused.status, 403);
  assert.equal(refused.body.error.right, "codedeploy:CreateDeployment");
  const audit = await ask("/console/api/audit?operation=CreateDeployment&outcome=AccessDeniedException", {
    as: fixture.session,
  });
  assert.match(audit.text, /user\/reader/);
  assert.equal((await ask(`/console/api/deployments/${deployment.id}/targets`, { as: reader })).status, 403);
});
