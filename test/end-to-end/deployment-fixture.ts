import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { RequestListener } from "node:http";
import { resolve } from "node:path";
import type { TestContext } from "node:test";
import {
  AddTagsToOnPremisesInstancesCommand,
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
  type CreateDeploymentGroupInput,
  type CreateDeploymentInput,
  type DeploymentInfo,
  GetDeploymentCommand,
  RegisterOnPremisesInstanceCommand,
} from "@aws-sdk/client-codedeploy";
import { eventually } from "../support/eventually.ts";
import { accountId, openServerFixture, region } from "../support/server-fixture.ts";
import { type AnswerEvent, SimulatedAgents } from "../support/simulated-agents.ts";

const tag = { Key: "Fleet", Value: "shop" };
const where = { applicationName: "shop", deploymentGroupName: "prod" };

export interface DeploymentFixtureOptions {
  readonly answer?: AnswerEvent;
  readonly eventsUrl?: string;
  readonly clock?: () => number;
  /** Serves what is no request to AWS. */
  readonly fallback?: RequestListener;
  /** Where metrics are served. */
  readonly metrics?: { readonly hostname: string; readonly port: number };
}

/** Control plane and local cloud in this process, with an application, and hosts that only speak the agents' protocol. */
export async function openDeploymentFixture(
  t: TestContext,
  { answer, eventsUrl, metrics, fallback, clock = () => Date.now() }: DeploymentFixtureOptions = {},
) {
  let agents: SimulatedAgents | undefined;
  t.after(() => agents?.close()); // before the server
  const sluice = await openServerFixture(t, {
    clock,
    agentBundle: resolve(import.meta.dirname, "../fixtures/idle-agent.js"),
    eventsUrl,
    metrics,
    fallback,
  });
  const client = new CodeDeployClient(sluice.as());
  t.after(() => client.destroy());
  const plane = { url: sluice.url, region, credentials: sluice.administrator, clock };
  const hosts = (agents = new SimulatedAgents(plane, answer));
  await client.send(new CreateApplicationCommand({ applicationName: "shop" }));
  return {
    ...sluice,
    client,
    agents: hosts,
    where,
    tag,
    /** Registers a host outside the cloud, which the group selects. */
    host: async (name: string): Promise<void> => {
      const iamUserArn = `arn:aws:iam::${accountId}:user/${name}`;
      await client.send(new RegisterOnPremisesInstanceCommand({ instanceName: name, iamUserArn }));
      await client.send(new AddTagsToOnPremisesInstancesCommand({ instanceNames: [name], tags: [tag] }));
      hosts.start(name, iamUserArn);
    },
    group: async (settings: Partial<CreateDeploymentGroupInput> = {}): Promise<void> => {
      await client.send(
        new CreateDeploymentGroupCommand({
          ...where,
          serviceRoleArn: `arn:aws:iam::${accountId}:role/deploy`,
          onPremisesInstanceTagFilters: [{ ...tag, Type: "KEY_AND_VALUE" }],
          ...settings,
        }),
      );
    },
    /** Begins a deployment of a new revision. */
    deploy: async (settings: Partial<CreateDeploymentInput> = {}): Promise<string> => {
      const gitHubLocation = { repository: "shop/web", commitId: randomUUID().replaceAll("-", "").padEnd(40, "0") };
      const revision = { revisionType: "GitHub" as const, gitHubLocation };
      const { deploymentId } = await client.send(new CreateDeploymentCommand({ ...where, revision, ...settings }));
      assert(deploymentId);
      return deploymentId;
    },
    /** Waits for the end of a deployment; returns it. */
    ended: (deploymentId: string, seconds?: number): Promise<DeploymentInfo> =>
      eventually(
        `${deploymentId} ends`,
        async () => {
          const { deploymentInfo } = await client.send(new GetDeploymentCommand({ deploymentId }));
          return deploymentInfo?.completeTime === undefined ? undefined : deploymentInfo;
        },
        seconds,
      ),
  };
}
