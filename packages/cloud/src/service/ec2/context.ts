import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Operations } from "@sluice/aws-protocol";
import type { CloudDatabase } from "../../store/database.ts";
import type { Fleet } from "./fleet.ts";

/** What EC2's operations work with. */
export interface Ec2Context {
  readonly db: CloudDatabase;
  readonly fleet: Fleet;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
}

/** Some of EC2's operations. */
export type Ec2Operations = Partial<Operations<typeof Ec2, Ec2Context>>;
