import type { OpenTask, TaskDriver } from "../../../instance/index.ts";
import type { EcsContext } from "../context.ts";
import type { Task } from "../tasks/task.ts";
import { TaskLife } from "./task-life.ts";

/** How long a task that has stopped is still shown, in milliseconds: an hour, as on AWS. */
const shownAfterEndMilliseconds = 3_600_000;

/** How often it is looked for tasks that need not be shown any more, in milliseconds. */
const forgetMilliseconds = 60_000;

/** The lives of all tasks. */
export class TaskKeeper {
  readonly #context: EcsContext;
  readonly #onDefect: (error: unknown, about: string) => void;
  readonly #lives = new Map<string, { readonly life: TaskLife; readonly over: Promise<void> }>();
  readonly #closing = new AbortController();
  #driver: TaskDriver | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(context: EcsContext, onDefect: (error: unknown, about: string) => void) {
    this.#context = context;
    this.#onDefect = onDefect;
    // What ran may have ended with an earlier life of this program: nothing is said to run before it has been seen.
    for (const task of context.tasks.all())
      if (task.lastStatus === "RUNNING") context.tasks.note({ ...task, lastStatus: "PENDING" });
  }

  /** Takes every task up where an earlier life of this program has left it. */
  async start(): Promise<void> {
    const driver = await this.#context.driver();
    const open = new Map((await driver.all()).map((task) => [task.taskId, task]));
    const { tasks } = this.#context;
    // What runs and is not known is nobody's.
    await Promise.all([...open.keys()].filter((id) => tasks.find(id) === undefined).map((id) => driver.close(id)));
    this.#driver = driver;
    for (const task of tasks.all()) {
      if (task.lastStatus === "STOPPED") continue;
      const found = open.get(task.id);
      if (found !== undefined && isUp(task, found)) tasks.note({ ...task, lastStatus: "RUNNING" });
      this.#begin(task.id, driver, found !== undefined);
    }
    this.#forget();
    this.#timer = setInterval(() => this.#forget(), forgetMilliseconds).unref();
  }

  /** A task is new, or is to stop. Before `start` there is nothing to do: that looks at all of them. */
  attend(taskId: string): void {
    const found = this.#lives.get(taskId);
    if (found !== undefined) found.life.attend();
    else if (this.#driver !== undefined && !this.#closing.signal.aborted) this.#begin(taskId, this.#driver, false);
  }

  /** Lets go of all tasks; they run on. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#timer);
    await Promise.all([...this.#lives.values()].map(({ over }) => over));
  }

  #begin(taskId: string, driver: TaskDriver, isOpen: boolean): void {
    const life = new TaskLife(taskId, { context: this.#context, driver, closing: this.#closing.signal });
    const over = life
      .live(isOpen)
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted) this.#onDefect(error, `ECS task ${taskId}`);
      })
      .then(() => void this.#lives.delete(taskId));
    this.#lives.set(taskId, { life, over });
  }

  #forget(): void {
    const { tasks, clock } = this.#context;
    for (const { id, stoppedAt } of tasks.all())
      if (stoppedAt !== undefined && clock() - stoppedAt > shownAfterEndMilliseconds) tasks.delete(id);
  }
}

/** Whether a task that once ran still does. */
function isUp({ startedAt, containers }: Task, open: OpenTask): boolean {
  const runs = (name: string) => open.containers.some((one) => one.name === name && one.end === undefined);
  return startedAt !== undefined && containers.every(({ name, isEssential }) => !isEssential || runs(name));
}
