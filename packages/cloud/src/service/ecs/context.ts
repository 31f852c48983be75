import type * as Ecs from "@aws-sdk/client-ecs";
import type { Operations } from "@sluice/aws-protocol";
import type { Images } from "../../images/index.ts";
import type { TaskDriver } from "../../instance/index.ts";
import type { CloudDatabase } from "../../store/database.ts";
import type { TimeScale } from "../../time-scale.ts";
import type { Ec2Context } from "../ec2/index.ts";
import type { TargetGroups } from "../load-balancing/v2/index.ts";
import type { LogStore } from "../logs/index.ts";
import type { Cluster } from "./cluster.ts";
import type { Definition } from "./definitions/definition.ts";
import type { Kept } from "./kept.ts";
import type { Service } from "./services/service.ts";
import type { Task } from "./tasks/task.ts";

export interface EcsContext {
  readonly db: CloudDatabase;
  readonly clusters: Kept<Cluster>;
  readonly definitions: Kept<Definition>;
  readonly services: Kept<Service>;
  readonly tasks: Kept<Task>;
  readonly ec2: Pick<Ec2Context, "addresses" | "securityGroups">;
  readonly targetGroups: TargetGroups;
  readonly images: Images;
  readonly logs: LogStore;
  readonly roles: TaskRoles;
  /** Whether images, too, are got as the execution role; otherwise first steps need no policy for that. */
  readonly pullsAsRole: boolean;
  /** The newest value of a parameter of Systems Manager, by its name or ARN. */
  readonly parameter: (name: string) => { readonly arn: string; readonly value: string } | undefined;
  /** What runs tasks, once it is there. */
  readonly driver: () => Promise<TaskDriver>;
  /** Where tasks reach the cloud. */
  readonly endpoint: () => string;
  readonly timeScale: TimeScale;
  /** A service has changed, or one of its tasks: look at it soon. */
  readonly wake: (service: { readonly cluster: string; readonly name: string }) => void;
  /** A task is new or is to end: see to it. */
  readonly attend: (taskId: string) => void;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
}

/** Keys of a role, for a limited time. */
export interface TaskKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** The roles of tasks. */
export interface TaskRoles {
  /** Keys of a role that trusts ECS's tasks. Throws a Fault when it does not. */
  keys(roleArn: string, sessionName: string): Promise<TaskKeys>;
  /** What IAM says when a session of a role does something to a resource; undefined when it may. */
  refusal(roleArn: string, access: { readonly action: string; readonly resource: string }): string | undefined;
}

/** Some of ECS's operations. */
export type EcsOperations = Partial<Operations<typeof Ecs, EcsContext>>;
