import type { Tag, TaskDefinition } from "@aws-sdk/client-ecs";

/** A revision of a task definition as it is stored: what AWS tells of it, but for what its name and its times tell. */
export interface Definition {
  readonly family: string;
  readonly revision: number;
  readonly status: "ACTIVE" | "INACTIVE" | "DELETE_IN_PROGRESS";
  readonly asGiven: Omit<
    TaskDefinition,
    "family" | "revision" | "status" | "taskDefinitionArn" | "registeredAt" | "deregisteredAt" | "deleteRequestedAt"
  >;
  /** Milliseconds since the epoch. */
  readonly registeredAt: number;
  readonly deregisteredAt?: number | undefined;
  readonly deleteRequestedAt?: number | undefined;
  readonly tags: readonly Tag[];
}

/** `family:revision`, which names it. */
export const nameOf = ({ family, revision }: Pick<Definition, "family" | "revision">): string =>
  `${family}:${revision}`;
