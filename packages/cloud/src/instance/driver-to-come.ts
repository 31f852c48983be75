import type { InstanceDriver, Launch } from "./driver.ts";

/** A driver as those use it who neither open nor close it. */
export type Instances = Omit<InstanceDriver, "name" | "connect" | "close">;

/** Stands for a driver that is still being opened and connected: what is asked of it waits until then, and fails as that does. */
export class DriverToCome implements Instances {
  readonly #opened = Promise.withResolvers<InstanceDriver>();
  #driver: InstanceDriver | undefined;

  constructor() {
    this.#opened.promise.catch(() => {}); // whoever asks is told; nobody need have asked
  }

  /** Here it is, connected. */
  opened(driver: InstanceDriver): void {
    this.#driver = driver;
    this.#opened.resolve(driver);
  }

  /** It will never come. */
  failed(error: unknown): void {
    this.#opened.reject(error);
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
