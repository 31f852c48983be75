import type { Answer, HostAnswer, HostRow, Hosts, Now, Revision } from "../contract.ts";
import { silentAfterMilliseconds } from "../../event-log/host-presence.ts";
import { iamArnOf, type OnPremisesInstance } from "../../store/on-premises-instances.ts";
import type { GroupOverview } from "../../store/overviews.ts";
import type { Viewer } from "../rights/viewer.ts";
import { notFound } from "../http/problem.ts";
import type { SnapshotContext } from "./context.ts";
import { rowOf } from "./one-deployment/deployment-row.ts";
import { countsBy, listQuery, pageOf } from "./list-query.ts";
import { revisionOfIdentity } from "./revision-view.ts";
import { visibleTo } from "./visible.ts";

/** How many silent agents the first page names. */
const silentMax = 20;
const historyMax = 50;
const toldMax = 200;
const sortable = ["host", "lastSeen", "agentVersion"] as const;

/** A host without what costs a query of its own. */
type KnownHost = Omit<HostRow, "running"> & { readonly identifier: string };

/** `GET /console/api/hosts`. */
export async function hosts(
  viewer: Viewer,
  context: SnapshotContext,
  query: URLSearchParams,
): Promise<Omit<Hosts, keyof Answer>> {
  const asked = listQuery(query, sortable);
  const [applications, groups, kinds] = [asked.all("application"), asked.all("group"), asked.all("kind")];
  const text = asked.one("q")?.toLowerCase();
  const found = (await hostsFor(viewer, context)).filter(
    ({ host, revisions, kind, tags }) =>
      (applications === undefined || revisions.some(({ application }) => applications.includes(application))) &&
      (groups === undefined || revisions.some(({ group }) => groups.includes(group))) &&
      (kinds?.includes(kind) ?? true) &&
      (text === undefined || `${host} ${Object.values(tags).join(" ")}`.toLowerCase().includes(text)),
  );
  const kept = asked.isOn("silent") ? found.filter(({ isSilent }) => isSilent) : found;
  const by = ({ host, lastSeen, agentVersion }: KnownHost) =>
    asked.sort === "lastSeen" ? (lastSeen ?? 0) : asked.sort === "agentVersion" ? (agentVersion ?? "") : host;
  const { rows, ...page } = pageOf(kept, asked, by);
  return {
    ...page,
    rows: rows.map((host) => withRunning(context, host)),
    counts: {
      kind: countsBy(found, ({ kind }) => kind),
      silent: countsBy(found, ({ isSilent }) => (isSilent ? "1" : "0")),
      agentVersion: countsBy(found, ({ agentVersion }) => agentVersion ?? ""),
    },
    sortable,
  };
}

/** `GET /console/api/hosts/:host`. */
export async function oneHost(
  viewer: Viewer,
  context: SnapshotContext,
  name: string,
): Promise<Omit<HostAnswer, keyof Answer>> {
  const found = (await hostsFor(viewer, context)).find(({ host }) => host === name);
  if (found === undefined) throw notFound(`There is no host "${name}" here`);
  const { groupIds } = await visibleTo(viewer, context);
  const { overviews, deployments } = context.store;
  const ids = overviews.deployments(
    { groupIds, hosts: [found.identifier] },
    { sort: "createTime", isAscending: false, offset: 0, limit: historyMax },
  );
  const history = ids.flatMap((id) => {
    const record = deployments.byId(id);
    const target = deployments.targets(id).find(({ hostIdentifier }) => hostIdentifier === found.identifier);
    if (record === undefined || target === undefined) return [];
    const failedEvent = target.events.find(({ status }) => status === "Failed")?.name;
    return [{ deployment: rowOf(context, record), status: target.status, failedEvent }];
  });
  return { host: withRunning(context, found), history };
}

/** Agents that were heard of since this process has started, and not for some minutes. */
export async function silentHosts(viewer: Viewer, context: SnapshotContext): Promise<Now["silentAgents"]> {
  const { presence } = context;
  const after = silentAfterMilliseconds;
  if (![...presence.all().values()].some((facts) => facts.isSilent)) return { count: 0, hosts: [], after };
  const silent = (await hostsFor(viewer, context)).filter(({ isSilent }) => isSilent);
  return { count: silent.length, hosts: silent.slice(0, silentMax).map((host) => withRunning(context, host)), after };
}

/** The identifiers with which the agent of a host may poll: an instance by its ARN, an on-premises one as whom it signs. */
export function hostIdentifiers({ store, region, accountId }: SnapshotContext, host: string): readonly string[] {
  const instance = store.onPremises.byName(host);
  return [host, instanceArn({ region, accountId }, host), ...(instance === undefined ? [] : [iamArnOf(instance)])];
}

const instanceArn = ({ region, accountId }: Pick<SnapshotContext, "region" | "accountId">, id: string) =>
  `arn:aws:ec2:${region}:${accountId}:instance/${id}`;

/** The hosts that a viewer may see: those of the groups that it may see, on-premises ones, and those that poll. */
async function hostsFor(viewer: Viewer, context: SnapshotContext): Promise<readonly KnownHost[]> {
  const { groups } = await visibleTo(viewer, context);
  return knownHosts(context, groups, (await viewer.may("codedeploy:ListOnPremisesInstances")).isAllowed);
}

/** Hosts of these groups and, where that is wanted, all others that are registered or poll. */
function knownHosts(
  context: SnapshotContext,
  groups: readonly GroupOverview[],
  withOthers: boolean,
): readonly KnownHost[] {
  const { store, presence } = context;
  const groupOf = new Map(groups.map((group) => [group.id, group]));
  const onPremises = new Map(store.onPremises.all().map((instance) => [instance.name, instance]));
  const found = new Map<string, HostRow["revisions"][number][]>();
  const revisions = new Map<string, Revision | undefined>();
  const revisionFor = (identity: string) => {
    if (!revisions.has(identity)) revisions.set(identity, revisionOfIdentity(identity));
    return revisions.get(identity);
  };
  for (const { host, groupId, health, identity } of store.overviews.hosts()) {
    const group = groupOf.get(groupId);
    if (group === undefined) continue;
    const revision = identity === null ? undefined : revisionFor(identity);
    const installed = { application: group.application, group: group.name, health, revision };
    const known = found.get(host);
    if (known === undefined) found.set(host, [installed]);
    else known.push(installed);
  }
  const addIfNew = (host: string) => found.has(host) || found.set(host, []);
  if (withOthers) {
    for (const { name, deregisterTime } of onPremises.values()) if (deregisterTime === undefined) addIfNew(name);
    const prefix = instanceArn(context, "");
    for (const identifier of presence.all().keys())
      if (identifier.startsWith(prefix)) addIfNew(identifier.slice(prefix.length));
  }
  return [...found].map(([host, installed]) => knownHost(context, host, installed, onPremises.get(host)));
}

function knownHost(
  context: SnapshotContext,
  host: string,
  revisions: HostRow["revisions"],
  instance: OnPremisesInstance | undefined,
): KnownHost {
  const identifier = instance === undefined ? instanceArn(context, host) : iamArnOf(instance);
  const facts = context.presence.factsOf(identifier);
  const lastSeen = facts === undefined ? undefined : (context.lastSeen(identifier) ?? facts.since);
  return {
    host,
    identifier,
    kind: instance === undefined ? "instance" : "on-premises",
    lastSeen,
    isSilent: facts !== undefined && context.clock() - (lastSeen ?? 0) >= silentAfterMilliseconds,
    agentVersion: facts?.agentVersion,
    tags: Object.fromEntries((instance?.tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value])),
    revisions,
  };
}

/** The rows of hosts by the identifiers with which their agents poll, for who may see all; at most 200. */
export function hostsByIdentifier(context: SnapshotContext, identifiers: readonly string[]): readonly HostRow[] {
  if (identifiers.length === 0) return [];
  const wanted = new Set(identifiers);
  return knownHosts(context, context.store.overviews.groups(), true)
    .filter(({ identifier }) => wanted.has(identifier))
    .slice(0, toldMax)
    .map((host) => withRunning(context, host));
}

function withRunning({ store }: SnapshotContext, { identifier, ...host }: KnownHost): HostRow {
  return { ...host, running: store.overviews.runningOn(identifier) };
}
