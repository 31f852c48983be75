import type { Clients } from "../../gateways/clients.ts";
import type { Cloud, Part } from "../contract.ts";
import { alarms, buckets, roles, topics } from "./others.ts";
import { functions, ecsServices } from "./functions.ts";
import { instances } from "./instances.ts";
import { loadBalancers, targetGroups } from "./load-balancers.ts";
import { scalingGroups } from "./scaling-groups.ts";

/** The parts of the local cloud. */
export type CloudParts = Pick<
  Cloud,
  | "instances"
  | "loadBalancers"
  | "targetGroups"
  | "scalingGroups"
  | "functions"
  | "services"
  | "alarms"
  | "buckets"
  | "topics"
  | "roles"
>;

/** Reads all parts, each of its own service as whoever the clients act for: what one may not see hides no other. */
export async function readParts(clients: Clients): Promise<CloudParts> {
  const [own, balancers, groups, scaling, lambda, services, watched, stored, notified, assumed] = await Promise.all([
    part(instances(clients)),
    part(loadBalancers(clients)),
    part(targetGroups(clients)),
    part(scalingGroups(clients)),
    part(functions(clients)),
    part(ecsServices(clients)),
    part(alarms(clients)),
    part(buckets(clients)),
    part(topics(clients)),
    part(roles(clients)),
  ]);
  return {
    instances: own,
    loadBalancers: balancers,
    targetGroups: groups,
    scalingGroups: scaling,
    functions: lambda,
    services,
    alarms: watched,
    buckets: stored,
    topics: notified,
    roles: assumed,
  };
}

/** The codes with which AWS's services say that a right is missing. */
const denials: ReadonlySet<string> = new Set([
  "AccessDenied",
  "AccessDeniedException",
  "UnauthorizedOperation",
  "AuthorizationError",
  "AuthorizationErrorException",
]);

/** Whether an error of an SDK's client means that a right is missing. */
export const isDenial = (error: Error): boolean => denials.has(error.name);

async function part<Row>(rows: Promise<readonly Row[]>): Promise<Part<Row>> {
  try {
    return await rows;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { unreadable: error.message, because: isDenial(error) ? "right" : "failure" };
  }
}
