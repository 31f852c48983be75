import type { ContainerDependency } from "@aws-sdk/client-ecs";
import type { ContainerEnd } from "../../../instance/index.ts";
import { CannotStart } from "./prepare-task.ts";

/** How far a container is, for those that wait for it. */
export class Milestones {
  readonly #started = Promise.withResolvers<void>();
  readonly #healthy = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<ContainerEnd>();

  constructor() {
    for (const { promise } of [this.#started, this.#healthy]) promise.catch(() => {}); // nobody need be waiting
  }

  get ended(): Promise<ContainerEnd> {
    return this.#ended.promise;
  }

  start(): void {
    this.#started.resolve();
  }

  heal(): void {
    this.#healthy.resolve();
  }

  end(end: ContainerEnd): void {
    this.#started.resolve();
    this.#healthy.reject(new Error("it has ended"));
    this.#ended.resolve(end);
  }

  /** Resolves when a condition of `dependsOn` is met. Rejects when it cannot be any more. */
  async reached(condition: ContainerDependency["condition"]): Promise<void> {
    if (condition === "START") return this.#started.promise;
    if (condition === "HEALTHY") return this.#healthy.promise;
    const { exitCode } = await this.#ended.promise;
    if (condition === "SUCCESS" && exitCode !== 0) throw new Error(`it has ended with ${exitCode}`);
  }
}

/** Resolves when all that a container depends on has come about. Throws CannotStart when it cannot, or takes too long. */
export async function dependenciesOf(
  name: string,
  dependencies: readonly ContainerDependency[],
  { milestones, milliseconds }: { readonly milestones: ReadonlyMap<string, Milestones>; readonly milliseconds: number },
): Promise<void> {
  if (dependencies.length === 0) return;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("it takes too long")), milliseconds);
  timer.unref();
  try {
    for (const { containerName = "", condition } of dependencies)
      await Promise.race([milestones.get(containerName)?.reached(condition), late.promise]).catch((cause: Error) => {
        throw new CannotStart(
          `Container '${name}' waits for '${containerName}' to be ${condition}, and ${cause.message}`,
          name,
        );
      });
  } finally {
    clearTimeout(timer);
  }
}
