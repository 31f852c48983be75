import { createHash } from "node:crypto";
import type { Group } from "./model/group.ts";

/** Where a group lives. */
export interface Place {
  readonly region: string;
  readonly accountId: string;
}

/** The ARN of a group. One that is not there yet has no id. */
export function arnOf(
  { name, createdAt }: Pick<Group, "name"> & Partial<Pick<Group, "createdAt">>,
  { region, accountId }: Place,
): string {
  const id = createdAt === undefined ? "*" : uuidOf(`${name} ${createdAt}`);
  return `arn:aws:autoscaling:${region}:${accountId}:autoScalingGroup:${id}:autoScalingGroupName/${name}`;
}

/** A UUID that is always the same for a text: ids that need not be kept. */
export function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
