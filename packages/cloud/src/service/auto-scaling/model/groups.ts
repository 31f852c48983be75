import { Fault } from "@sluice/aws-protocol";
import type { Records } from "../../../store/records.ts";
import type { Group, Member } from "./group.ts";

/** All groups: in memory, and in the store for the next start. */
export class Groups {
  readonly #drawer: Records<Group>;
  readonly #groups: Map<string, Group>;

  constructor(drawer: Records<Group>) {
    this.#drawer = drawer;
    this.#groups = new Map(drawer.all().map((group) => [group.name, group]));
  }

  all(): readonly Group[] {
    return [...this.#groups.values()];
  }

  find(name: string): Group | undefined {
    return this.#groups.get(name);
  }

  /** Returns the group of a name; throws a Fault when there is none. */
  get(name = ""): Group {
    const found = this.#groups.get(name);
    if (found === undefined)
      throw new Fault("ValidationError", `AutoScalingGroup name not found - AutoScalingGroup ${name} not found`);
    return found;
  }

  /** Returns the group of a name; throws a Fault when there is none, or it is being deleted. */
  getActive(name?: string): Group {
    const group = this.get(name);
    if (group.isGoing === true)
      throw new Fault("ValidationError", `The AutoScalingGroup ${group.name} is being deleted`);
    return group;
  }

  put(group: Group): void {
    this.#drawer.put(group.name, group);
    this.#groups.set(group.name, group);
  }

  /** Changes a group as it is now; does nothing when it is gone. */
  change(name: string, change: (group: Group) => Group): void {
    const group = this.#groups.get(name);
    if (group !== undefined) this.put(change(group));
  }

  delete(name: string): void {
    this.#drawer.delete(name);
    this.#groups.delete(name);
  }

  /** Returns the group that an instance belongs to, and the instance as its member, or undefined. */
  findByInstance(instanceId: string): { readonly group: Group; readonly member: Member } | undefined {
    for (const group of this.#groups.values()) {
      const member = group.members.find(({ id }) => id === instanceId);
      if (member !== undefined) return { group, member };
    }
    return undefined;
  }

  /** As `findByInstance`; throws a Fault when the instance belongs to no group. */
  getByInstance(instanceId = ""): { readonly group: Group; readonly member: Member } {
    const found = this.findByInstance(instanceId);
    if (found === undefined)
      throw new Fault(
        "ValidationError",
        `Instance Id not found - No managed instance found for instance ID: ${instanceId}`,
      );
    return found;
  }
}
