import { isDeepStrictEqual } from "node:util";
import type { FleetMember } from "@sluice/engine";
import { revisionInWords } from "../deployment/revision-in-words.ts";
import type { DeploymentRecord } from "../store/deployments/records.ts";
import type { Store } from "../store/index.ts";
import type { Change, LastSuccess, Snapshot } from "./snapshot.ts";

/** What is asked beside the store. */
export interface SnapshotContext {
  readonly store: Store;
  /** What a host's agent says its version is; undefined when it is not known. */
  readonly agentVersionOf: (host: string) => string | undefined;
}

/** Reads what an explanation is made of. Undefined when there is no such deployment. */
export function readSnapshot({ store, agentVersionOf }: SnapshotContext, deploymentId: string): Snapshot | undefined {
  const record = store.deployments.byId(deploymentId);
  if (record === undefined) return undefined;
  const { state, request, groupId } = record;
  const targets = store.deployments.targets(deploymentId);
  const members = membersOf(store, deploymentId);
  const goodRevision = store.groups.byId(groupId)?.targetRevision;
  return {
    application: store.applications.byId(record.applicationId)?.name ?? "",
    group: store.groups.byId(groupId)?.name ?? request.groupName,
    deployment: state,
    targets,
    facts: new Map(
      targets.map(({ id, zone, label, hostIdentifier }) => {
        const { image, instanceType, scalingGroup, revisionBefore } = members.get(id)?.facts ?? {};
        return [
          id,
          {
            zone,
            fleet: label,
            image,
            "instance type": instanceType,
            "Auto Scaling group": scalingGroup,
            "agent version": agentVersionOf(hostIdentifier),
            "revision before": revisionBefore,
          },
        ];
      }),
    ),
    configuration: request.deploymentConfigName,
    creator: request.creator,
    revision: revisionInWords(request.revision),
    stoppedBy: state.stopRequestedAt === undefined ? undefined : stoppedBy(store, deploymentId),
    rolledBackBy: store.deployments.rolledBackBy(deploymentId),
    lastSuccess: lastSuccessOf(store, record),
    goodRevision: goodRevision && revisionInWords(goodRevision),
  };
}

function membersOf(store: Store, deploymentId: string): ReadonlyMap<string, FleetMember> {
  const fleets = Object.values(store.deployments.fleets(deploymentId));
  return new Map(fleets.flatMap((fleet) => ("found" in fleet ? fleet.found : [])).map((member) => [member.id, member]));
}

const stoppedBy = (store: Store, deploymentId: string): string | undefined =>
  store.events
    .read({ deploymentId, kinds: ["deployment"], newestFirst: true, limit: 10 })
    .events.find(({ to }) => to === "Stop requested")?.actor;

function lastSuccessOf(store: Store, record: DeploymentRecord): LastSuccess | undefined {
  const last = store.deployments.lastSucceededBefore(record.groupId, record.state.createTime);
  if (last?.state.completeTime === undefined) return undefined;
  return {
    deploymentId: last.id,
    completeTime: last.state.completeTime,
    revision: revisionInWords(last.request.revision),
    targets: store.deployments.targets(last.id).length,
    changes: [...changesBetween(last, record), ...editsSince(store, record, last.state.completeTime)],
  };
}

/** Members of requests that decide how something is deployed, in words. */
const compared = {
  deploymentConfigName: "deployment configuration",
  deploymentStyle: "deployment style",
  fileExistsBehavior: "what becomes of files that are in the way",
  loadBalancerInfo: "load balancers",
  blueGreenDeploymentConfiguration: "blue/green settings",
  alarmConfiguration: "alarms",
  autoRollbackConfiguration: "automatic rollback",
  serviceRoleArn: "service role",
  updateOutdatedInstancesOnly: "outdated instances only",
  targetInstances: "target instances",
} as const satisfies Partial<Record<keyof DeploymentRecord["request"], string>>;

function changesBetween(last: DeploymentRecord, record: DeploymentRecord): readonly Change[] {
  const revisions = [last, record].map(({ request }) => revisionInWords(request.revision));
  const ignoring = [last, record].map(({ state }) => String(state.ignoreApplicationStopFailures));
  return [
    ...difference("revision", revisions),
    ...Object.entries(compared).flatMap(([member, what]) => {
      const [before, now] = [last, record].map(({ request }) => Reflect.get(request, member) as unknown); // only shown
      return isDeepStrictEqual(before, now) ? [] : difference(what, [shown(before), shown(now)]);
    }),
    ...difference("ApplicationStop failures are ignored", ignoring),
  ];
}

const difference = (what: string, [before, now]: readonly (string | undefined)[]): readonly Change[] =>
  before === now ? [] : [{ what, before, now }];

/** The longest setting that is shown, in characters. */
const shownMax = 200;

function shown(value: unknown): string | undefined {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text === undefined || text.length <= shownMax ? text : `${text.slice(0, shownMax)}…`;
}

/** Who has changed the group's settings since, as far as the event log goes back. */
function editsSince(store: Store, { applicationId, groupId, state }: DeploymentRecord, since: number) {
  const [application, group] = [store.applications.byId(applicationId)?.name, store.groups.byId(groupId)?.name];
  if (application === undefined || group === undefined) return [];
  const { events } = store.events.read({ application, group, kinds: ["API call"], newestFirst: true, limit: 100 });
  return events
    .filter(({ event, at }) => event === "UpdateDeploymentGroup" && at > since && at <= state.createTime)
    .map(({ at, actor }) => ({
      what: `the deployment group was changed by ${actor} at ${new Date(at).toISOString()}`,
    }));
}
