import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Operations } from "@sluice/aws-protocol";
import type { CloudDatabase } from "../../store/database.ts";
import type { Records } from "../../store/records.ts";
import type { Addresses } from "./network/addresses.ts";
import type { Fleet } from "./instances/fleet.ts";
import type { InstanceProfiles } from "./instances/instance-profiles.ts";
import type { KeyPair } from "./key-pair.ts";
import type { LaunchTemplate } from "./launch-templates/launch-template.ts";
import type { SecurityGroup } from "./network/security-group.ts";

export interface Ec2Context {
  readonly db: CloudDatabase;
  readonly fleet: Fleet;
  readonly addresses: Addresses;
  readonly profiles: InstanceProfiles;
  readonly templates: Records<LaunchTemplate>;
  readonly securityGroups: Records<SecurityGroup>;
  readonly keyPairs: Records<KeyPair>;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
}

/** Some of EC2's operations. */
export type Ec2Operations = Partial<Operations<typeof Ec2, Ec2Context>>;
