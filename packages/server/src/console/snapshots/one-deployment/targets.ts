import type { Target } from "@sluice/engine";
import type { Answer, TargetColumns, TargetState } from "../../contract.ts";
import type { Viewer } from "../../rights/viewer.ts";
import type { SnapshotContext } from "../context.ts";
import { deploymentFor } from "./deployment.ts";
import { currentEvent, eventNamesOf } from "./event-names.ts";
import { base64, base64Of16 } from "./columns.ts";
import { wavesOf } from "./waves.ts";

/** The names that the bytes of states stand for. */
export const stateNames = [
  "Pending",
  "InProgress",
  "Succeeded",
  "Failed",
  "Skipped",
  "Ready",
  "Unknown",
] as const satisfies readonly TargetState[];

const stateBytes = new Map<string, number>(stateNames.map((name, byte) => [name, byte]));

/** The byte of an event that there is none of. */
const noEvent = 255;
const unknown16 = 65_535;

/** `GET /console/api/deployments/:id/targets`. */
export async function targetColumns(
  viewer: Viewer,
  context: SnapshotContext,
  { id, withIds }: { readonly id: string; readonly withIds: boolean },
): Promise<Omit<TargetColumns, keyof Answer>> {
  const record = await deploymentFor(viewer, context, id, "BatchGetDeploymentTargets");
  const targets = context.store.deployments.targets(id);
  const eventNames = eventNamesOf(targets);
  const byteOf = eventBytes(eventNames);
  return {
    count: targets.length,
    ids: withIds ? targets.map((target) => target.id) : undefined,
    states: base64(Uint8Array.from(targets, stateByte)),
    stateNames,
    events: base64(Uint8Array.from(targets, byteOf)),
    eventNames,
    waves: base64Of16(wavesOf(context, record).numbers),
    keys: {
      ...keyOf("zone", targets, ({ zone }) => zone),
      ...keyOf("label", targets, ({ label }) => label),
      ...keyOf("agent", targets, ({ hostIdentifier }) => context.presence.factsOf(hostIdentifier)?.agentVersion),
      ...keyOf("ran before", targets, previousRevision(context, record.groupId)),
    },
  };
}

/** The byte of a target's state. */
export const stateByte = ({ status }: Pick<Target, "status">): number =>
  stateBytes.get(status) ?? stateNames.length - 1;

/** Returns the byte of the event that a target is at, for these names. */
export function eventBytes(eventNames: readonly string[]): (target: Target) => number {
  const bytes = new Map(eventNames.map((name, byte) => [name, byte]));
  return (target) => {
    const event = currentEvent(target);
    return event === undefined ? noEvent : Math.min(noEvent, bytes.get(event.name) ?? noEvent);
  };
}

type Key = TargetColumns["keys"][string];

/** A grouping, if anything is known of it. */
function keyOf(
  name: string,
  targets: readonly Target[],
  valueOf: (target: Target) => string | undefined,
): Readonly<Record<string, Key>> {
  const places = new Map<string, number>();
  const index = Uint16Array.from(targets, (target) => {
    const value = valueOf(target);
    if (value === undefined) return unknown16;
    const place = places.get(value) ?? places.size;
    if (place < unknown16) places.set(value, place);
    return place;
  });
  return places.size === 0 ? {} : { [name]: { values: [...places.keys()], index: base64Of16(index) } };
}

/** What the group remembers to be on each host. */
function previousRevision({ store }: SnapshotContext, groupId: string): (target: Target) => string | undefined {
  const memories = store.deployments.memories(groupId);
  return ({ id }) => memories[id]?.installed;
}
