import { createHash } from "node:crypto";
import type { Group } from "./model/group.ts";

/** An account in a region. */
interface Account {
  readonly region: string;
  readonly accountId: string;
}

/** Returns the ARN of a group. One that does not exist yet has no id. */
export function arnOf(
  { name, createdAt }: Pick<Group, "name"> & Partial<Pick<Group, "createdAt">>,
  { region, accountId }: Account,
): string {
  const id = createdAt === undefined ? "*" : uuidOf(`${name} ${createdAt}`);
  return `arn:aws:autoscaling:${region}:${accountId}:autoScalingGroup:${id}:autoScalingGroupName/${name}`;
}

/** Returns a UUID that is always the same for a text, so that it need not be stored. */
export function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
