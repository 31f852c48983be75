import type { Activity as Described, ScalingActivityStatusCode } from "@aws-sdk/client-auto-scaling";
import { randomUUID } from "node:crypto";
import type { Records } from "../../../store/records.ts";

/** A scaling activity as it is stored. */
export interface Activity {
  readonly id: string;
  readonly group: string;
  readonly groupArn: string;
  readonly description: string;
  readonly cause: string;
  readonly startedAt: number;
  readonly endedAt?: number | undefined;
  readonly status: ScalingActivityStatusCode;
  readonly message?: string | undefined;
  readonly progress: number;
  readonly details: string;
}

/** Activities that are kept of each group. AWS keeps six weeks. */
const keptMax = 200;

/** The activities of all groups, the newest first. */
export class Activities {
  readonly #drawer: Records<Activity>;
  readonly #byGroup: Map<string, Activity[]>;

  constructor(drawer: Records<Activity>) {
    this.#drawer = drawer;
    this.#byGroup = new Map();
    for (const activity of drawer.all()) this.#listOf(activity.group).unshift(activity);
  }

  begin(activity: Omit<Activity, "id" | "progress">): Activity {
    const begun: Activity = { id: randomUUID(), progress: 0, ...activity };
    this.#drawer.put(begun.id, begun);
    const list = this.#listOf(begun.group);
    list.unshift(begun);
    for (const old of list.splice(keptMax)) this.#drawer.delete(old.id);
    return begun;
  }

  /** Changes an activity; does nothing when it is no longer kept. */
  change(group: string, id: string | undefined, fields: Partial<Activity>): void {
    const list = this.#listOf(group);
    const index = list.findIndex((activity) => activity.id === id);
    const found = list[index];
    if (found === undefined) return;
    list[index] = { ...found, ...fields };
    this.#drawer.put(found.id, list[index]);
  }

  find(group: string, id: string | undefined): Activity | undefined {
    return this.#listOf(group).find((activity) => activity.id === id);
  }

  of(group: string): readonly Activity[] {
    return this.#listOf(group);
  }

  all(): readonly Activity[] {
    return [...this.#byGroup.values()].flat().toSorted((one, other) => other.startedAt - one.startedAt);
  }

  #listOf(group: string): Activity[] {
    const found = this.#byGroup.get(group) ?? [];
    this.#byGroup.set(group, found);
    return found;
  }
}

/** Returns an activity as AWS describes it. */
export function describeActivity(activity: Activity): Described {
  const { id, group, groupArn, description, cause, startedAt, endedAt, status, message, progress, details } = activity;
  return {
    ActivityId: id,
    AutoScalingGroupName: group,
    AutoScalingGroupARN: groupArn,
    Description: description,
    Cause: cause,
    StartTime: new Date(startedAt),
    EndTime: endedAt === undefined ? undefined : new Date(endedAt),
    StatusCode: status,
    StatusMessage: message,
    Progress: progress,
    Details: details,
  };
}
