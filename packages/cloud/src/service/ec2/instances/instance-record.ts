import type { InstanceStateName } from "@aws-sdk/client-ec2";
import type { KeptTag } from "../filters.ts";

/** An instance as it is stored. */
export interface InstanceRecord {
  readonly id: string;
  readonly reservationId: string;
  readonly launchIndex: number;
  readonly clientToken: string;
  readonly state: InstanceStateName;
  /** Why it is in this state: AWS's code and our message. */
  readonly stateReason?: { readonly Code: string; readonly Message: string };
  readonly imageId: string;
  readonly instanceType: string;
  readonly keyName?: string | undefined;
  readonly subnetId: string;
  readonly availabilityZone: string;
  readonly privateIp: string;
  /** In base64, as it was given. */
  readonly userData?: string | undefined;
  /** Name of its instance profile; absent for the default one. */
  readonly instanceProfile?: string | undefined;
  /** The unique id that this profile had at the launch, so that another profile that gets the name later is not this instance's. Absent on the default one, and in records of earlier versions. */
  readonly instanceProfileId?: string | undefined;
  /** Absent for the default group alone. */
  readonly securityGroupIds?: readonly string[] | undefined;
  readonly tags: readonly KeptTag[];
  /** Milliseconds since the epoch. */
  readonly launchedAt: number;
  readonly terminatedAt?: number | undefined;
}

/** AWS's codes of the states. */
export const stateCodes = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
} as const satisfies Record<InstanceStateName, number>;

/** Returns the host name that EC2 gives to an address. */
export function hostnameOf(privateIp: string): string {
  return `ip-${privateIp.replaceAll(".", "-")}`;
}
