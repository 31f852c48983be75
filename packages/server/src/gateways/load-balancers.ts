import type {
  TargetDescription,
  TargetGroup,
  TargetHealthDescription,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Balancers, Checkpoint, EffectOf, Registration } from "@sluice/engine";
import { blockClassic, allowClassic, registeredInClassic, unknownClassic } from "./classic-load-balancers.ts";
import type { Clients } from "./clients.ts";
import { finished, refused, underWay, type EffectOutcome } from "./outcome.ts";
import { scalingGroups as findScalingGroups } from "./scaling-groups.ts";

type InTargetGroup = Extract<Registration, { readonly targetGroup: string }>;

/**
 * Takes an instance out of its load balancers: reads its registrations, keeps them in the checkpoint, deregisters each
 * by its own port, and waits for draining (deployments.md §5.2, §5.4).
 */
export async function blockTraffic(
  clients: Clients,
  { instance, balancers }: EffectOf<"block traffic">,
  checkpoint: Checkpoint | undefined,
): Promise<EffectOutcome> {
  if (checkpoint?.registrations === undefined) {
    const registrations = await registrationsOf(clients, instance, balancers);
    return registrations.length === 0
      ? finished({ registrations })
      : underWay(`${instance} leaves ${registrations.map(nameOf).join(", ")}`, { registrations });
  }
  const waiting: string[] = [];
  for (const [arn, registrations] of byTargetGroup(checkpoint.registrations))
    waiting.push(...(await deregister(clients, instance, { arn, registrations })));
  waiting.push(...(await blockClassic(clients, instance, checkpoint.registrations)));
  return waiting.length === 0 ? finished() : underWay(waiting.join("; "));
}

/**
 * Puts an instance into its load balancers with the registrations it had, or else with the target group's default
 * port, and waits until all report it healthy (deployments.md §5.3).
 */
export async function allowTraffic(
  clients: Clients,
  { instance, balancers, registrations = [] }: EffectOf<"allow traffic">,
): Promise<EffectOutcome> {
  const waiting: string[] = [];
  for (const group of await targetGroups(clients, balancers.targetGroups)) {
    const arn = group.TargetGroupArn ?? "";
    const own = registrations.filter((one): one is InTargetGroup => "targetGroup" in one && one.targetGroup === arn);
    const wanted = own.length > 0 ? own : [{ targetGroup: arn, port: group.Port ?? 80 }];
    const state = await register(clients, instance, { group, wanted });
    if (state.hopeless !== undefined) return refused("CUSTOMER_APPLICATION_UNHEALTHY", state.hopeless);
    waiting.push(...state.waiting);
  }
  waiting.push(...(await allowClassic(clients, instance, balancers.classic)));
  return waiting.length === 0 ? finished() : underWay(waiting.join("; "));
}

/**
 * Checks whether the load balancers of a deployment group exist, have a listener, and are those from which the fleet
 * serves (deployments.md §5.5).
 */
export async function checkLoadBalancers(
  clients: Clients,
  { balancers, instances, scalingGroups }: EffectOf<"check load balancers">,
): Promise<EffectOutcome> {
  const existing = new Map<string, TargetGroup>();
  for (const name of balancers.targetGroups)
    for (const group of await targetGroups(clients, [name]).catch(nothingIfUnknown)) existing.set(name, group);
  const own = new Set([...existing.values()].map(({ TargetGroupArn = "" }) => TargetGroupArn));
  const fleet = new Set(instances);
  const counts = await Promise.all([...own].map((arn) => countRegistered(clients, arn, fleet)));
  const classic = await registeredInClassic(clients, fleet, balancers.classic);
  const registered = counts.reduce((sum, count) => sum + count, 0) + classic;
  return finished({
    balancers: {
      unknown: [
        ...balancers.targetGroups.filter((name) => !existing.has(name)),
        ...(await unknownClassic(clients, balancers.classic)),
      ],
      idle: [...existing].filter(([, group]) => (group.LoadBalancerArns ?? []).length === 0).map(([name]) => name),
      registered,
      elsewhere: registered > 0 ? [] : await elsewhere(clients, { own, fleet, scalingGroups }),
    },
  });
}

/** How many other target groups are searched for instances of the fleet; each costs a call. */
const searchedMax = 50;

async function elsewhere(
  clients: Clients,
  { own, fleet, scalingGroups }: { own: Set<string>; fleet: Set<string>; scalingGroups: readonly string[] },
): Promise<readonly string[]> {
  const attached = new Set<string>();
  for (const { TargetGroupARNs = [] } of await findScalingGroups(clients, scalingGroups))
    for (const arn of TargetGroupARNs) attached.add(arn);
  const loadBalancing = await clients.loadBalancing();
  const { TargetGroups = [] } = await loadBalancing.describeTargetGroups({});
  const others = TargetGroups.filter(({ TargetGroupArn = "" }) => !own.has(TargetGroupArn)).slice(0, searchedMax);
  const serving = await Promise.all(
    others.map(async ({ TargetGroupArn = "", TargetGroupName = "" }) =>
      attached.has(TargetGroupArn) || (await countRegistered(clients, TargetGroupArn, fleet)) > 0
        ? [TargetGroupName]
        : [],
    ),
  );
  return serving.flat();
}

async function registrationsOf(
  clients: Clients,
  instance: string,
  { targetGroups: names, classic }: Balancers,
): Promise<readonly Registration[]> {
  const registrations: Registration[] = [];
  for (const { TargetGroupArn: targetGroup = "" } of await targetGroups(clients, names))
    for (const { Target, TargetHealth } of await healthOf(clients, targetGroup))
      if (Target?.Id === instance && Target.Port !== undefined && TargetHealth?.State !== "draining")
        registrations.push(registrationOf(targetGroup, { port: Target.Port, zone: Target.AvailabilityZone }));
  for (const name of classic)
    if ((await registeredInClassic(clients, new Set([instance]), [name])) > 0) registrations.push({ classic: name });
  return registrations;
}

/** Deregisters what is still registered. Returns a sentence for each registration that still drains. */
async function deregister(
  clients: Clients,
  instance: string,
  { arn: TargetGroupArn, registrations }: { arn: string; registrations: readonly InTargetGroup[] },
): Promise<readonly string[]> {
  const wanted = registrations.map((registration) => targetOf(instance, registration));
  const health = await healthOf(clients, TargetGroupArn, wanted);
  const left = health.filter(({ TargetHealth }) => TargetHealth?.Reason !== "Target.NotRegistered");
  const Targets = left
    .filter(({ TargetHealth }) => TargetHealth?.State !== "draining")
    .flatMap(({ Target }) => Target ?? []);
  if (Targets.length > 0) await (await clients.loadBalancing()).deregisterTargets({ TargetGroupArn, Targets });
  return left.map(({ Target }) => `${instance}:${Target?.Port} drains from ${shortName(TargetGroupArn)}`);
}

/**
 * Registers what is missing. Returns a sentence for each registration that is not healthy yet; `hopeless` if it can
 * never become healthy.
 */
async function register(
  clients: Clients,
  instance: string,
  { group, wanted }: { group: TargetGroup; wanted: readonly InTargetGroup[] },
): Promise<{ readonly waiting: readonly string[]; readonly hopeless?: string | undefined }> {
  const { TargetGroupArn = "", TargetGroupName = "" } = group;
  const health = await healthOf(
    clients,
    TargetGroupArn,
    wanted.map((one) => targetOf(instance, one)),
  );
  const Targets = health
    .filter(({ TargetHealth }) => TargetHealth?.Reason === "Target.NotRegistered" || TargetHealth?.State === "draining")
    .flatMap(({ Target }) => Target ?? []);
  if (Targets.length > 0) await (await clients.loadBalancing()).registerTargets({ TargetGroupArn, Targets });
  const unused = health.find(({ TargetHealth }) => TargetHealth?.Reason === "Target.NotInUse");
  if (unused !== undefined)
    return {
      waiting: [],
      hopeless: `${instance} can never become healthy in ${TargetGroupName}: no listener forwards to that target group`,
    };
  return { waiting: health.filter((one) => !isServing(one)).map((one) => stateOf(one, instance, group)) };
}

/** A target whose health checks are disabled serves (deployments.md §5.3 rule 5). */
const isServing = ({ TargetHealth }: TargetHealthDescription): boolean =>
  TargetHealth?.State === "healthy" || TargetHealth?.Reason === "Target.HealthCheckDisabled";

function stateOf({ Target, TargetHealth }: TargetHealthDescription, instance: string, group: TargetGroup): string {
  const { State = "unknown", Reason, Description } = TargetHealth ?? {};
  const why = [Reason, Description].filter((part) => part !== undefined).join(": ");
  const check = `${group.HealthCheckProtocol ?? ""} ${group.HealthCheckPath ?? ""}`.trim();
  return `${instance}:${Target?.Port} is ${State} in ${group.TargetGroupName}${why === "" ? "" : ` (${why})`}, health check ${check}`;
}

async function targetGroups(clients: Clients, names: readonly string[]): Promise<readonly TargetGroup[]> {
  if (names.length === 0) return [];
  const loadBalancing = await clients.loadBalancing();
  const { TargetGroups = [] } = await loadBalancing.describeTargetGroups({ Names: [...names] });
  return TargetGroups;
}

function nothingIfUnknown(error: unknown): readonly TargetGroup[] {
  if (error instanceof Error && error.name.startsWith("TargetGroupNotFound")) return [];
  throw error;
}

async function healthOf(
  clients: Clients,
  TargetGroupArn: string,
  Targets?: TargetDescription[],
): Promise<readonly TargetHealthDescription[]> {
  const loadBalancing = await clients.loadBalancing();
  const { TargetHealthDescriptions = [] } = await loadBalancing.describeTargetHealth({ TargetGroupArn, Targets });
  return TargetHealthDescriptions;
}

async function countRegistered(clients: Clients, arn: string, fleet: ReadonlySet<string>): Promise<number> {
  const health = await healthOf(clients, arn);
  return new Set(health.map(({ Target }) => Target?.Id ?? "").filter((id) => fleet.has(id))).size;
}

function byTargetGroup(registrations: readonly Registration[]): ReadonlyMap<string, readonly InTargetGroup[]> {
  const inGroups = registrations.filter((one): one is InTargetGroup => "targetGroup" in one);
  return Map.groupBy(inGroups, ({ targetGroup }) => targetGroup);
}

const targetOf = (Id: string, { port: Port, zone }: InTargetGroup): TargetDescription => ({
  Id,
  Port,
  AvailabilityZone: zone,
});

/** Only an explicit zone is part of a registration: an instance has its own anyway. */
const registrationOf = (
  targetGroup: string,
  { port, zone }: { readonly port: number; readonly zone: string | undefined },
): InTargetGroup => (zone === "all" ? { targetGroup, port, zone } : { targetGroup, port });

const shortName = (arn: string): string => arn.split("/").at(-2) ?? arn;

const nameOf = (registration: Registration): string =>
  "classic" in registration
    ? registration.classic
    : `${shortName(registration.targetGroup)} (port ${registration.port})`;
