import {
  type AlarmReading,
  type Assumptions,
  type Deployment,
  type Fleet,
  type FleetMember,
  forecast,
  type World,
} from "@sluice/engine";
import { Fault } from "@sluice/aws-protocol";
import { newDeploymentId } from "../random.ts";
import { revisionInWords } from "../deployment/revision-in-words.ts";
import { type NewDeployment, stateOf } from "../deployment/record-deployment.ts";
import { readAlarms } from "../gateways/alarms.ts";
import type { Gateways } from "../gateways/gateways.ts";
import { outcomeOfError } from "../gateways/outcome.ts";
import type { Context } from "../operations/context.ts";
import { type CreateDeploymentRequest, deploymentAskedFor } from "../operations/create-deployment.ts";
import { findFleet } from "../reconciler/find-fleet.ts";
import type { DeploymentRecord } from "../store/deployments/records.ts";
import { type Assumed, assumptionsOf, basisInWords, copyOf } from "./assumed.ts";
import { knownDurations } from "./known-durations.ts";
import { planOf } from "./make-plan.ts";
import type { Plan } from "./plan.ts";
import { troubleOf, unknownIn, type WhatIf } from "./what-if.ts";

export interface PlanContext extends Context {
  readonly gateways: Gateways;
  /** How many seconds of a deployment's waits pass in one; undefined: one. */
  readonly timeScale?: number | undefined;
}

/**
 * Returns what CreateDeployment would do, and does nothing. Hosts and alarms are looked up as they would be. Throws the
 * faults of CreateDeployment, and one for what the trouble names and is not there.
 */
export async function planDeployment(
  context: PlanContext,
  input: CreateDeploymentRequest,
  whatIf: WhatIf,
): Promise<Plan> {
  const { store, clock, timeScale } = context;
  const made = deploymentAskedFor(context, input, newDeploymentId());
  if (made.refusal !== undefined) throw new Fault("InvalidInputException", made.refusal.message);
  const record = recordOf(made);
  const selected = await look(context, { record, made }, "selected");
  const members = membersIn(selected);
  const unknown = unknownIn(whatIf, members);
  if (unknown !== undefined) throw new Fault("InvalidInputException", `Cannot plan with that: ${unknown}`);
  const replacement = await replacementOf(context, { record, made }, members);
  const known = knownDurations(store, made.group.id);
  const assumed: Assumed = {
    known,
    fleets: { selected: members, replacement, selectedAgain: members, replacementAgain: replacement },
  };
  const world: World = {
    now: clock(),
    timeScale,
    deployment: record.state,
    targets: [],
    reports: [],
    fleets: { selected },
    alarms: await alarmsOf(context, record),
    instanceStates: Object.fromEntries(members.map(({ id, state }) => [id, state])),
  };
  const assumptions: Assumptions = { ...assumptionsOf(assumed), troubleOf: troubleOf(whatIf) };
  return planOf(forecast(world, assumptions), {
    application: store.applications.byId(made.group.applicationId)?.name ?? "",
    group: made.group.name,
    revision: revisionInWords(made.request.revision),
    configuration: made.request.deploymentConfigName,
    whys: new Map(members.map((member) => [member.id, whyChosen(member)])),
    left: members.flatMap((member) => whyLeft(record.state, member) ?? []),
    basis: basisInWords(known),
    warnings: warningsOf(context, { made, members, state: record.state }),
  });
}

const recordOf = (made: NewDeployment): DeploymentRecord => ({
  id: made.id,
  applicationId: made.group.applicationId,
  groupId: made.group.id,
  request: made.request,
  state: stateOf(made),
  version: 0,
});

interface Asked {
  readonly record: DeploymentRecord;
  readonly made: NewDeployment;
}

/** Functions and services have no hosts. */
async function look(
  { store, gateways, region, accountId }: PlanContext,
  { record, made }: Asked,
  query: "selected" | "replacement",
): Promise<Fleet> {
  if (record.state.kind === "lambda" || record.state.kind === "ecs") return { found: [] };
  const clients = gateways.as(made.group.settings.serviceRoleArn);
  try {
    return await findFleet(made.group, record, { query, store, region, accountId, clients });
  } catch (error) {
    const outcome = outcomeOfError(error);
    if (outcome.is === "failed") return { error: outcome.error };
    throw new Fault("ServiceUnavailable", "The hosts cannot be looked up now. Try again", {
      status: 503,
      cause: error,
    });
  }
}

const membersIn = (fleet: Fleet): readonly FleetMember[] => ("found" in fleet ? fleet.found : []);

/** A copied group has as many instances as the original one, which nobody knows yet. */
async function replacementOf(context: PlanContext, asked: Asked, selected: readonly FleetMember[]) {
  const { blueGreen } = asked.record.state;
  if (blueGreen === undefined) return [];
  if (blueGreen.copyName === undefined) return membersIn(await look(context, asked, "replacement"));
  return copyOf(selected);
}

async function alarmsOf(
  { gateways }: PlanContext,
  { state, request }: DeploymentRecord,
): Promise<AlarmReading | undefined> {
  if (state.alarms === undefined) return undefined;
  const reading = await readAlarms(gateways.as(request.serviceRoleArn ?? ""), state.alarms.names);
  return "retry" in reading ? { unreadable: reading.retry } : reading;
}

const whyChosen = ({ health, revision, facts }: FleetMember): string =>
  `the group selects it; ${health}, ${facts?.revisionBefore === undefined ? "no known revision" : `${revision.toLowerCase()} revision ${facts.revisionBefore}`}`;

function whyLeft({ kind, outdatedOnly }: Deployment, { id, state, holdsRevision, health }: FleetMember) {
  if (state === "terminated" || state === "shutting-down") return { id, why: `it is ${state}` };
  const isHeld = kind === "in-place" && outdatedOnly === true && holdsRevision === true && health === "Healthy";
  return isHeld ? { id, why: "it has the revision already" } : undefined;
}

/** How many hosts a warning names. */
const namedMax = 5;

function warningsOf(
  { store, lastSeen }: PlanContext,
  {
    made,
    members,
    state,
  }: { readonly made: NewDeployment; readonly members: readonly FleetMember[]; readonly state: Deployment },
): readonly string[] {
  const live = store.deployments.liveOf(made.group.id);
  const silent = members.filter(
    ({ hostIdentifier, state: is }) => is === "running" && lastSeen(hostIdentifier) === undefined,
  );
  const stopped = members.filter(({ state: is }) => is === "stopped" || is === "stopping");
  const named = (some: readonly FleetMember[]) =>
    `${some
      .slice(0, namedMax)
      .map(({ id }) => id)
      .join(", ")}${some.length > namedMax ? ` and ${some.length - namedMax} more` : ""}`;
  return [
    ...(live === undefined ? [] : [`now it would be refused: the deployment ${live} of this group is under way`]),
    ...(silent.length === 0
      ? []
      : [`no agent was seen on ${named(silent)}: their first event would fail after its time`]),
    ...(stopped.length === 0
      ? []
      : [`${named(stopped)} ${stopped.length === 1 ? "does" : "do"} not run, and would fail`]),
    ...(state.kind === "ecs"
      ? ["the service, its listeners and its target groups are taken to be as they must be"]
      : []),
    ...(members.length > 1 ? ["of hosts with the same health and revision, it is drawn by lot which goes first"] : []),
  ];
}
