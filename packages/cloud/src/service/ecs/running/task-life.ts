import { setTimeout as pause } from "node:timers/promises";
import type { ContainerEnd, TaskDriver } from "../../../instance/index.ts";
import { hostnameOf } from "../../ec2/index.ts";
import type { EcsContext } from "../context.ts";
import { definitionNamed } from "../definitions/find-definition.ts";
import { tellService } from "../services/events.ts";
import { stopTask } from "../tasks/stop-task.ts";
import { isWanted, type Task, type TaskState, taskStates, withContainer } from "../tasks/task.ts";
import { ContainerLives } from "./container-lives.ts";
import { CannotStart, prepareTask, whyNotStarted } from "./prepare-task.ts";

/** How often to look whether a target still drains, in milliseconds. */
const lookMilliseconds = 100;

export interface LifeContext {
  readonly context: EcsContext;
  readonly driver: TaskDriver;
  /** Aborted when the program closes: whatever goes on then is the next start's. */
  readonly closing: AbortSignal;
}

/** One task from its first state to its last. What the records say is what the system does: each state is written when it is so. */
export class TaskLife {
  readonly #id: string;
  readonly #life: LifeContext;
  readonly #stopped = new AbortController();
  readonly #containers: ContainerLives;

  constructor(id: string, life: LifeContext) {
    this.#id = id;
    this.#life = life;
    this.#containers = new ContainerLives(id, {
      ...life,
      ended: (name, end, lastLines) => this.#containerEnded(name, end, lastLines),
      change: (name, change) => this.#note((task) => withContainer(task, name, change)),
    });
  }

  /** Looks whether it is to stop. */
  attend(): void {
    if (!isWanted(this.#task)) this.#stopped.abort();
  }

  /** Lives until it has stopped, or the program closes. `isOpen` says whether the driver has it already. */
  async live(isOpen: boolean): Promise<void> {
    const { context, closing } = this.#life;
    if (!isOpen && hasRun(this.#task)) this.#lost();
    this.attend();
    const over = Promise.race([aborted(this.#stopped.signal), aborted(closing)]);
    const begun = this.#stopped.signal.aborted ? Promise.resolve() : this.#begin();
    await Promise.race([begun.catch((error: unknown) => this.#failedToStart(error)), over]);
    await over;
    if (closing.aborted) return this.#containers.leave();
    await this.#end();
    context.tasks.put({
      ...this.#task,
      lastStatus: "STOPPED",
      stoppedAt: context.clock(),
      version: this.#task.version + 1,
    });
    this.#told();
  }

  get #task(): Task {
    const found = this.#life.context.tasks.find(this.#id);
    if (found === undefined) throw new Error(`Task ${this.#id} is not kept`);
    return found;
  }

  async #begin(): Promise<void> {
    const { context, driver } = this.#life;
    const { network, containers, definition: named } = this.#task;
    await driver.open({
      taskId: this.#id,
      privateIp: network.address,
      hostname: hostnameOf(network.address),
      containers: containers.map(({ name }) => name),
    });
    const definition = definitionNamed(context, named);
    this.#to("PENDING", { connectedAt: context.clock(), pullStartedAt: context.clock() });
    const open = (await driver.all()).find(({ taskId }) => taskId === this.#id);
    const running = new Set(open?.containers.map(({ name }) => name));
    const prepared = await prepareTask(context, this.#task, { definition, running });
    this.#to("PENDING", { pullStoppedAt: context.clock() });
    await this.#containers.start(this.#task, prepared, this.#stopped.signal);
    if (this.#stopped.signal.aborted) return;
    await this.#register();
    if (this.#stopped.signal.aborted) return;
    this.#to("RUNNING", { startedAt: context.clock() });
    context.tasks.put(this.#task);
  }

  async #register(): Promise<void> {
    const { context, driver } = this.#life;
    const { targets, network } = this.#task;
    if (targets.length === 0) return;
    this.#to("ACTIVATING");
    const registered = targets.map((target) => {
      const { host: id, port } = driver.addressOf({ taskId: this.#id, privateIp: network.address }, target.port);
      return { ...target, at: { id, port } };
    });
    // Written down first: whatever happens now, it can be taken out again.
    context.tasks.put({ ...this.#task, targets: registered });
    for (const { group, at } of registered) {
      await context.targetGroups.registerAddress(group, at);
      tellService(context, this.#task, `registered 1 targets in (target-group ${group})`);
    }
  }

  async #end(): Promise<void> {
    const { context, driver, closing } = this.#life;
    this.#to("DEACTIVATING", { stoppingAt: context.clock() });
    await this.#deregister();
    if (closing.aborted) return;
    this.#to("STOPPING");
    await this.#containers.stop(this.#task);
    this.#to("DEPROVISIONING", { executionStoppedAt: context.clock() });
    await driver.close(this.#id);
    this.#note((task) => ({
      ...task,
      containers: task.containers.map((container) => ({ ...container, lastStatus: "STOPPED" as const })),
    }));
  }

  /** Takes the task out of its target groups, and waits until they have drained as long as there is somebody to answer. */
  async #deregister(): Promise<void> {
    const { context, closing } = this.#life;
    const registered = this.#task.targets.flatMap(({ group, at }) => (at === undefined ? [] : [{ group, at }]));
    if (registered.length === 0) return;
    for (const { group, at } of registered) await context.targetGroups.deregisterAddress(group, at);
    const drains = () =>
      registered.some(({ group, at }) => context.targetGroups.healthOfAddress(group, at)?.State === "draining");
    if (drains()) tellService(context, this.#task, "has begun draining connections on 1 tasks.");
    while (this.#containers.areAlive && drains() && !closing.aborted)
      await pause(lookMilliseconds, undefined, { signal: closing }).catch(() => {}); // it closes
    for (const { group } of registered)
      tellService(context, this.#task, `deregistered 1 targets in (target-group ${group})`);
  }

  /** It ran when an earlier life of this program ended, and does no more. */
  #lost(): void {
    const { context } = this.#life;
    stopTask(context, this.#id, {
      code: "TerminationNotice",
      reason: "The local cloud was stopped, and the tasks that ran in it",
    });
  }

  #failedToStart(error: unknown): void {
    if (this.#life.closing.aborted) return;
    const { reason, container } = whyNotStarted(error);
    if (container !== undefined) this.#note((task) => withContainer(task, container, { reason }));
    const isContainers = error instanceof CannotStart && /^Cannot(Start|Create)ContainerError/.test(reason);
    stopTask(this.#life.context, this.#id, {
      code: "TaskFailedToStart",
      reason: isContainers ? "Task failed to start" : reason,
    });
  }

  #containerEnded(name: string, { exitCode, isOutOfMemory }: ContainerEnd, lastLines: readonly string[]): void {
    const { context } = this.#life;
    const isAsWanted = exitCode === 0 && this.#task.service === undefined; // a service's task is to go on
    const said = isAsWanted || lastLines.length === 0 ? undefined : `Its last output: ${lastLines.join(" | ")}`;
    const reason = isOutOfMemory ? "OutOfMemoryError: Container killed due to memory usage" : said;
    this.#note((task) =>
      withContainer(task, name, { lastStatus: "STOPPED", exitCode, reason: reason?.slice(0, reasonMax) }),
    );
    const container = this.#task.containers.find((one) => one.name === name);
    if (container?.isEssential === true && isWanted(this.#task))
      stopTask(context, this.#id, { code: "EssentialContainerExited", reason: "Essential container in task exited" });
  }

  /** Moves on to a state, with the times that are not known yet. One that was further when this program started anew stays there. */
  #to(lastStatus: TaskState, times: Partial<Task> = {}): void {
    this.#note((task) => ({
      ...times,
      ...task,
      lastStatus: taskStates.indexOf(lastStatus) > taskStates.indexOf(task.lastStatus) ? lastStatus : task.lastStatus,
    }));
  }

  #note(change: (task: Task) => Task): void {
    const { tasks } = this.#life.context;
    const before = this.#task;
    tasks.note({ ...change(before), version: before.version + 1 });
    this.#told();
  }

  #told(): void {
    const { service: name, cluster } = this.#task;
    if (name !== undefined) this.#life.context.wake({ cluster, name });
  }
}

/** Characters of a container's reason: ECS's own limit. */
const reasonMax = 1024;

/** Whether a task has been further than what can begin anew. */
const hasRun = ({ lastStatus }: Task): boolean => lastStatus !== "PROVISIONING" && lastStatus !== "STOPPED";

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
