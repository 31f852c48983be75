import type { LoggedEvent } from "../../event-log/logged-event.ts";

/** How many events are told one by one; of more, only their number. */
const eventsMax = 200;

/** What happened in a while, merged: of each thing that has changed only that it has. */
export class Changes {
  readonly deployments = new Set<string>();
  /** Targets by deployment. */
  readonly targets = new Map<string, Set<string>>();
  /** Groups, as `application` and `group` with a line end between, in which a deployment has begun or ended. */
  readonly groups = new Set<string>();
  readonly hosts = new Set<string>();
  /** Deployments whose scripts have printed something. */
  readonly logs = new Set<string>();
  /** The newest events; `events.length` of `eventCount`. */
  readonly events: LoggedEvent[] = [];
  readonly eventsOf = new Map<string, LoggedEvent[]>();
  eventCount = 0;
  hasCalls = false;

  /** Whether nothing has happened. */
  get isEmpty(): boolean {
    return this.eventCount === 0 && this.logs.size === 0;
  }

  /** Takes events in, in order. */
  add(events: readonly LoggedEvent[]): void {
    for (const event of events) this.#add(event);
  }

  #add(event: LoggedEvent): void {
    const { kind, deploymentId, target, application, group } = event;
    this.eventCount += 1;
    this.events.push(event);
    if (this.events.length > eventsMax) this.events.shift();
    if (kind === "host" && target !== undefined) this.hosts.add(target);
    if (kind === "API call") this.hasCalls = true;
    if ((kind === "deployment" || kind === "API call") && application !== undefined && group !== undefined)
      this.groups.add(groupKey(application, group));
    if (deploymentId === undefined) return;
    this.deployments.add(deploymentId);
    const own = this.eventsOf.get(deploymentId) ?? [];
    this.eventsOf.set(deploymentId, own);
    own.push(event);
    if (own.length > eventsMax) own.shift();
    if (target === undefined) return;
    const targets = this.targets.get(deploymentId) ?? new Set<string>();
    this.targets.set(deploymentId, targets.add(target));
  }
}

/** The key of a group among `Changes.groups`. */
export const groupKey = (application: string, group: string): string => `${application}\n${group}`;
