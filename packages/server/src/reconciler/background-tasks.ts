import { hookScanMilliseconds, scalingScanMilliseconds, scanMilliseconds } from "../limits.ts";
import { type FollowUpContext, makeFollowUps } from "./follow-ups.ts";
import { deliverNotifications, type DeliveryContext } from "./notifications/deliver-notifications.ts";
import { PeriodicTask } from "./periodic-task.ts";
import { cleanUpCopies } from "./scaling/green-cleanup.ts";
import { type LifecycleActionContext, startLifecycleDeployments } from "./scaling/lifecycle-actions.ts";
import { restoreHooks } from "./scaling/managed-hooks.ts";

export type BackgroundContext = FollowUpContext &
  DeliveryContext &
  Omit<LifecycleActionContext, "warned" | "heartbeats">;

/**
 * What the control plane does beside live deployments: it starts deployments for Auto Scaling, follows deployments up,
 * delivers notifications, removes copied groups, and restores hooks.
 */
export class BackgroundTasks {
  readonly #context: BackgroundContext;
  readonly #tasks: readonly PeriodicTask[];

  constructor(context: BackgroundContext) {
    this.#context = context;
    const onDefect = (error: unknown) => context.onDefect(error, "");
    const memory = { warned: new Set<string>(), heartbeats: new Map<string, number>() };
    const every = (milliseconds: number, run: () => Promise<void>) => new PeriodicTask(milliseconds, run, onDefect);
    this.#tasks = [
      every(scalingScanMilliseconds, () => startLifecycleDeployments({ ...context, ...memory })),
      every(scanMilliseconds, () => deliverNotifications(context)),
      every(scalingScanMilliseconds, () => makeFollowUps(context)),
      every(scalingScanMilliseconds, () => cleanUpCopies(context)),
      every(hookScanMilliseconds, () => this.#restoreHooks()),
    ];
  }

  start(): void {
    for (const task of this.#tasks) task.start();
  }

  /** Resolves when no task is in progress any more. */
  async close(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task.close()));
  }

  async #restoreHooks(): Promise<void> {
    for (const { scalingGroup, name } of await restoreHooks(this.#context))
      this.#context.warn(
        { scalingGroup },
        `The hook ${name} had been removed from ${scalingGroup}: another has taken its place`,
      );
  }
}
