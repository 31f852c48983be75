// Which hosts go through which events together, and how many of them may be out of service meanwhile.
import type { Deployment, LifecycleEventName, MinimumHealthyHosts } from "../../src/index.ts";
import { mostUnavailable, tolerable } from "./arithmetic.ts";
import type { Page } from "./page.ts";

/** Some hosts on their way through some events; the next ward waits until this one is done. */
export interface Ward {
  readonly name: string;
  readonly of: (page: Page) => boolean;
  /** Whether an event belongs to it. */
  readonly has: (event: LifecycleEventName) => boolean;
  readonly rule: MinimumHealthyHosts | "none may fail";
}

/** How a host stands in a ward. */
export type Standing = "Pending" | "InProgress" | "Succeeded" | "Failed" | "Skipped";

const isBlock = (event: LifecycleEventName) => event.endsWith("BlockTraffic");
const isAllow = (event: LifecycleEventName) => event.endsWith("AllowTraffic");
const any = () => true;

/** The wards of a deployment in their order. */
export function wardsOf(deployment: Deployment, pages: readonly Page[]): readonly Ward[] {
  const { kind, zonal, minimumHealthyHosts: rule } = deployment;
  const labelled = (label: string) => (page: Page) => page.label === label && !page.hasLeft;
  switch (kind) {
    case "launch":
    case "termination":
      return [{ name: "", of: any, has: any, rule: { type: "MOST_CONCURRENCY", value: 1 } }];
    case "reroute":
      return [
        { name: "back", of: labelled("Blue"), has: any, rule: "none may fail" },
        { name: "away", of: labelled("Green"), has: any, rule: "none may fail" },
      ];
    case "blue-green": {
      const install: Ward = { name: "install", of: labelled("Green"), has: (event) => !isAllow(event), rule };
      const isInstalled = (page: Page) =>
        labelled("Green")(page) && standing(page, install, deployment) === "Succeeded";
      return [
        install,
        { name: "traffic", of: isInstalled, has: isAllow, rule },
        { name: "leave", of: labelled("Blue"), has: isBlock, rule: "none may fail" },
      ];
    }
    case "lambda":
      throw new Error("A Lambda deployment has no hosts"); // lambda.test.ts is about those
    case "in-place": {
      if (zonal === undefined) return [{ name: "", of: any, has: any, rule }];
      const zones = [...new Set(pages.map(({ zone }) => zone))].toSorted();
      const perZone = zonal.minimumHealthyHostsPerZone;
      return zones.map((name) => ({ name, of: ({ zone }) => zone === name, has: any, rule: perZone }));
    }
  }
}

/** How a host stands: by the outcomes of the ward's own events, then by its own end. */
export function standing(page: Page, { has }: Ward, deployment: Deployment): Standing {
  const own = page.plan.flatMap((event, place) => (has(event) ? [place] : []));
  if (own.length === 0) return "Succeeded";
  if (page.status === "Succeeded" || page.status === "Pending") return page.status;
  const outcomes = own.map((place) => page.outcomes[place]);
  if (own.some((place) => page.outcomes[place] === "Failed" && !isForgiven(page, place, deployment))) return "Failed";
  if (outcomes.every((outcome) => outcome === "Succeeded" || outcome === "Failed")) return "Succeeded";
  if (page.status === "Failed" || page.status === "Skipped") return page.status;
  return page.place > (own[0] ?? 0) ? "InProgress" : "Pending";
}

/** Whether a failed event lets its host go on. */
export const isForgiven = ({ plan }: Page, place: number, { ignoreApplicationStopFailures }: Deployment): boolean =>
  ignoreApplicationStopFailures && tolerable.has(plan[place] ?? "");

/** How the hosts of a ward stand. */
export function countIn(ward: Ward, pages: readonly Page[], deployment: Deployment) {
  const count = { Pending: 0, InProgress: 0, Succeeded: 0, Failed: 0, Skipped: 0 };
  for (const page of pages) if (ward.of(page)) count[standing(page, ward, deployment)] += 1;
  return count;
}

/** How many more of a ward may leave. */
export function roomIn(ward: Ward, pages: readonly Page[], deployment: Deployment): number {
  if (ward.rule === "none may fail") return Number.POSITIVE_INFINITY;
  const { InProgress, Failed } = countIn(ward, pages, deployment);
  return mostUnavailable(ward.rule, pages.filter((page) => ward.of(page)).length) - InProgress - Failed;
}

/** Whether a ward can still come to a good end. */
export function isHopeless(ward: Ward, pages: readonly Page[], deployment: Deployment): boolean {
  const { Pending, InProgress, Succeeded, Failed, Skipped } = countIn(ward, pages, deployment);
  if (Skipped > 0) return true;
  if (ward.rule === "none may fail") return Failed > 0;
  const most = mostUnavailable(ward.rule, pages.filter((page) => ward.of(page)).length);
  if (Pending > 0) return Failed >= most;
  // In a zone all may fail; whether the whole can bear it is for the whole to say.
  return InProgress === 0 && (Failed > most || (deployment.zonal === undefined && Succeeded === 0 && Failed > 0));
}
