import type { InstanceDriver, Launch, Outside } from "./driver.ts";
import { type DriverChoice, openDriver } from "./open-driver.ts";
import type { TaskDriver } from "./task/task-driver.ts";

/** A driver, for those that neither open nor close it. */
export type Instances = Omit<InstanceDriver, "name" | "tasks" | "endpointAddress" | "unpackAs" | "connect" | "close">;

/** How instances of a local cloud run. */
export interface RunningInstances {
  readonly driver: "ns" | "plain";
  /** Why instances are ordinary processes although that was not asked for. */
  readonly why?: string | undefined;
}

/** Stands for a driver that is opened later: calls wait until it is connected, and fail if it never is. */
export class DeferredDriver implements Instances {
  readonly #choice: DriverChoice;
  readonly #opened = Promise.withResolvers<InstanceDriver>();
  #driver: InstanceDriver | undefined;

  constructor(choice: DriverChoice) {
    this.#choice = choice;
    this.#opened.promise.catch(() => {}); // each caller gets the error; there may be none
  }

  /** Opens it and connects it. Throws one clear sentence when instances cannot be had. */
  async connect(outside: Outside): Promise<RunningInstances> {
    try {
      const { driver, why } = await openDriver(this.#choice);
      this.#driver = driver;
      await driver.connect(outside);
      this.#opened.resolve(driver);
      return { driver: driver.name, why };
    } catch (error) {
      this.#opened.reject(error);
      throw error;
    }
  }

  /** Fails the calls that still wait. */
  giveUp(): void {
    this.#opened.reject(new Error("The control plane is closing"));
  }

  async close(): Promise<void> {
    await this.#driver?.close();
  }

  /** What runs tasks, once it is there. */
  async tasks(): Promise<TaskDriver> {
    return (await this.#opened.promise).tasks;
  }

  async launch(launch: Launch): Promise<void> {
    await (await this.#opened.promise).launch(launch);
  }

  async stop(instanceId: string): Promise<void> {
    await (await this.#opened.promise).stop(instanceId);
  }

  async terminate(instanceId: string): Promise<void> {
    await (await this.#opened.promise).terminate(instanceId);
  }

  async running(): Promise<readonly string[]> {
    return (await this.#opened.promise).running();
  }

  async consoleOutput(instanceId: string): Promise<Buffer> {
    return (await this.#opened.promise).consoleOutput(instanceId);
  }

  async unpackAs(): Promise<ReturnType<InstanceDriver["unpackAs"]>> {
    return (await this.#opened.promise).unpackAs();
  }

  endpointAddress(): string {
    return this.#here().endpointAddress;
  }

  enter(): readonly string[] {
    return this.#here().enter();
  }

  addressOf(...of: Parameters<InstanceDriver["addressOf"]>): ReturnType<InstanceDriver["addressOf"]> {
    return this.#here().addressOf(...of);
  }

  #here(): InstanceDriver {
    if (this.#driver === undefined) throw new Error("Instances cannot be reached before their driver is there");
    return this.#driver;
  }
}
