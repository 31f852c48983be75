import { createHash } from "node:crypto";
import type { ResolvedImage } from "../../../images/index.ts";
import type { ContainerEnd, TaskDriver } from "../../../instance/index.ts";
import { hostnameOf } from "../../ec2/index.ts";
import type { EcsContext } from "../context.ts";
import type { Container, Task } from "../tasks/task.ts";
import { ContainerLog } from "./container-log.ts";
import { commandOf, environmentOf } from "./container-settings.ts";
import { checkHealth } from "./health-checks.ts";
import { CannotStart, type PreparedContainer } from "./prepare-task.ts";
import { dependenciesOf, Milestones } from "./start-order.ts";
import { credentialsPath, metadataUrl } from "./task-metadata.ts";

/** Seconds that a container may take to end after it was asked to, and to wait for others before it starts: Fargate's own. */
const stopSeconds = 30;
const startSeconds = 180;

interface ContainerLivesContext {
  readonly context: EcsContext;
  readonly driver: TaskDriver;
  readonly closing: AbortSignal;
  readonly ended: (name: string, end: ContainerEnd, lastLines: readonly string[]) => void;
  readonly change: (name: string, change: Partial<Container>) => void;
}

/** The containers of one task: started in their order, watched, and stopped in the other one. */
export class ContainerLives {
  readonly #taskId: string;
  readonly #lives: ContainerLivesContext;
  readonly #milestones = new Map<string, Milestones>();
  readonly #prepared = new Map<string, PreparedContainer>();
  /** Those that run, with what ends their health checks. */
  readonly #running = new Map<string, AbortController>();

  constructor(taskId: string, lives: ContainerLivesContext) {
    this.#taskId = taskId;
    this.#lives = lives;
  }

  get areAlive(): boolean {
    return this.#running.size > 0;
  }

  /** Starts all of them; resolves when each runs, or has run. Those that the driver has already are taken up. */
  async start(task: Task, prepared: readonly PreparedContainer[], signal: AbortSignal): Promise<void> {
    for (const one of prepared) {
      this.#prepared.set(one.definition.name ?? "", one);
      this.#milestones.set(one.definition.name ?? "", new Milestones());
    }
    const begin = async (one: PreparedContainer, image: ResolvedImage) => {
      const { name = "", dependsOn = [], startTimeout = startSeconds } = one.definition;
      const milliseconds = this.#lives.context.timeScale.milliseconds(startTimeout);
      await dependenciesOf(name, dependsOn, { milestones: this.#milestones, milliseconds });
      if (!signal.aborted) await this.#begin(task, { ...one, image });
    };
    await Promise.all(
      prepared.map(async (one) => (one.image === undefined ? this.#watch(one) : begin(one, one.image))),
    );
  }

  /** Asks them to end, those first that others do not depend on, and ends those that take too long. */
  async stop(task: Task): Promise<void> {
    const waiting = new Map<string, Promise<void>>();
    const dependents = (name: string) =>
      [...this.#prepared.values()].filter(({ definition }) =>
        definition.dependsOn?.some(({ containerName }) => containerName === name),
      );
    const stopped = (name: string): Promise<void> => {
      const found = waiting.get(name);
      if (found !== undefined) return found;
      const before = dependents(name).map(({ definition }) => stopped(definition.name ?? ""));
      const done = Promise.all(before).then(() => this.#stopOne(name));
      waiting.set(name, done);
      return done;
    };
    await Promise.all(task.containers.map(({ name }) => stopped(name)));
  }

  /** The program closes: nothing is watched any longer. */
  leave(): void {
    for (const checks of this.#running.values()) checks.abort();
  }

  async #begin(task: Task, one: PreparedContainer & { readonly image: ResolvedImage }): Promise<void> {
    const { definition, image } = one;
    const { name = "" } = definition;
    const override = task.overrides.containerOverrides?.find((found) => found.name === name);
    const command = commandOf(definition, image, override);
    if (command.length === 0)
      throw new CannotStart("CannotCreateContainerError: Error response from daemon: no command specified", name);
    const { context, driver } = this.#lives;
    try {
      await driver.start({
        taskId: this.#taskId,
        name,
        layers: image.layers,
        command,
        environment: environmentOf(definition, image, { override, secrets: one.secrets, told: this.#told(task) }),
        workingDirectory: definition.workingDirectory ?? image.config.workingDirectory ?? "/",
        user: definition.user ?? image.config.user ?? "",
        isReadOnly: definition.readonlyRootFilesystem === true,
        mounts: (definition.mountPoints ?? []).map(({ sourceVolume = "", containerPath = "", readOnly = false }) => ({
          volume: sourceVolume,
          path: containerPath,
          isReadOnly: readOnly,
        })),
        memoryBytesMax: memoryOf(
          definition.memory ?? Number(context.definitions.find(task.definition)?.asGiven.memory ?? 0),
        ),
      });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new CannotStart(
        `CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ${why}: unknown`,
        name,
      );
    }
    this.#watch(one);
  }

  #told(task: Task) {
    const { context } = this.#lives;
    const role = task.overrides.taskRoleArn ?? context.definitions.find(task.definition)?.asGiven.taskRoleArn;
    return {
      hostname: hostnameOf(task.network.address),
      region: context.region,
      endpoint: context.endpoint(),
      metadata: metadataUrl(task),
      credentials: role === undefined ? undefined : credentialsPath(task),
    };
  }

  /** Watches a container that has been started. */
  #watch({ definition, image, log: place }: PreparedContainer): void {
    const { context, driver, ended, change } = this.#lives;
    const { name = "", healthCheck } = definition;
    const [taskId, milestones] = [this.#taskId, this.#milestones.get(name)];
    const log = new ContainerLog(driver.output({ taskId, name }), { place, logs: context.logs, clock: context.clock });
    const checks = new AbortController();
    this.#running.set(name, checks);
    const runtimeId = `${taskId}-${createHash("sha256").update(name).digest().readUInt32BE(0)}`;
    const running = { lastStatus: "RUNNING", runtimeId } as const;
    change(name, image === undefined ? running : { ...running, imageDigest: image.digest }); // one that ran before has its digest
    milestones?.start();
    void driver
      .ended({ taskId, name })
      .then(async (end) => {
        const lastLines = await log.lastLines();
        this.#running.delete(name);
        checks.abort();
        ended(name, end, lastLines);
        milestones?.end(end);
      })
      .catch(() => this.#lostSight(name));
    if (healthCheck === undefined) return;
    const { timeScale, clock } = context;
    const changed = (health: "HEALTHY" | "UNHEALTHY") => {
      change(name, { health });
      if (health === "HEALTHY") milestones?.heal();
    };
    void checkHealth({ taskId, name }, healthCheck, { driver, timeScale, clock, changed, signal: checks.signal });
  }

  /** What carries the tasks has ended, and all of them with it. */
  #lostSight(name: string): void {
    this.#running.get(name)?.abort();
    this.#running.delete(name);
    const end = { exitCode: 137, isOutOfMemory: false };
    if (!this.#lives.closing.aborted) this.#lives.ended(name, end, []);
    this.#milestones.get(name)?.end(end);
  }

  async #stopOne(name: string): Promise<void> {
    if (!this.#running.has(name)) return;
    const { context, driver } = this.#lives;
    const prepared = this.#prepared.get(name);
    const container = { taskId: this.#taskId, name };
    const signal = (prepared?.image?.config.stopSignal ?? "SIGTERM") as NodeJS.Signals; // images name signals
    const send = (name: NodeJS.Signals) => driver.signal(container, name).catch(() => {}); // it has ended meanwhile
    await send(signal);
    const ended = this.#milestones.get(name)?.ended;
    const seconds = prepared?.definition.stopTimeout ?? stopSeconds;
    const late = setTimeout(() => void send("SIGKILL"), context.timeScale.milliseconds(seconds));
    await ended;
    clearTimeout(late);
  }
}

const memoryOf = (megabytes: number): number | undefined => (megabytes > 0 ? megabytes * 2 ** 20 : undefined);
