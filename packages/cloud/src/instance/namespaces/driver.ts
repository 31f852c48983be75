import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { UnpackAs } from "../../images/index.ts";
import { readConsole } from "../console-output.ts";
import type { Chaos, InstanceDriver, Launch, Outside } from "../driver.ts";
import { agentConfiguration } from "../agent-configuration.ts";
import { withAgentDownloads } from "../agent-downloads.ts";
import { Authority } from "../../tls/authority.ts";
import { removeCgroupFolder } from "./cgroup-folder.ts";
import { ControlClient } from "./control-client.ts";
import { stateFolderOf, stateFolders } from "./folders.ts";
import { gatewayAddress, OutsideServer } from "./outside-server.ts";
import { NamespaceTasks } from "../task/namespace-tasks.ts";
import { asUsersInside, enterNetwork, startNetd } from "./start-netd.ts";

/** How long instances outlive a control plane that ended abruptly, in seconds: as long as a restart may take. */
const aloneSeconds = 60;

interface NamespaceOptions {
  readonly dataFolder: string;
  readonly agentBundle: string;
  readonly chaos: Chaos;
  readonly clock: () => number;
}

/** Instances as process trees in namespaces of their own, all below one process that outlives a crash of ours. */
export class NamespaceDriver implements InstanceDriver {
  readonly name = "ns";
  readonly tasks: NamespaceTasks;
  readonly endpointAddress = gatewayAddress;
  readonly #state: string;
  readonly #control: ControlClient;
  readonly #options: NamespaceOptions;
  readonly #authority: Authority;
  #outside: OutsideServer | undefined;

  private constructor(options: NamespaceOptions, authority: Authority, control: ControlClient) {
    this.#state = stateFolderOf(options.dataFolder);
    this.#options = options;
    this.#authority = authority;
    this.#control = control;
    this.tasks = new NamespaceTasks(this.#state, control);
  }

  /** Finds the netd of an earlier run, or starts one. Throws what the system said when it refuses. */
  static async open(options: NamespaceOptions): Promise<NamespaceDriver> {
    const { dataFolder, agentBundle, clock } = options;
    const authority = Authority.open(dataFolder, clock);
    const state = stateFolderOf(dataFolder);
    mkdirSync(join(state, ".."), { recursive: true });
    const found = await ControlClient.find(state);
    if (found === undefined) await startNetd({ state, agentBundle, authority: authority.certificate, aloneSeconds });
    const control = found ?? (await ControlClient.find(state));
    if (control === undefined) throw new Error("netd does not answer");
    await control.ask({ op: "attach" });
    return new NamespaceDriver(options, authority, control);
  }

  async connect(outside: Outside): Promise<void> {
    this.#outside = new OutsideServer(outside, {
      authority: this.#authority,
      secureListener: withAgentDownloads(outside.listener, this.#options.agentBundle),
    });
    await this.#outside.listen(this.#state);
    this.#configureAgents(outside);
    const { ports = [] } = await this.#control.ask({ op: "listen", port: outside.port });
    await this.#outside.listenInside(this.enter(), ports);
  }

  async launch({ instanceId, privateIp, hostname, hasAgent, userData }: Launch): Promise<void> {
    await this.#control.ask({
      op: "launch",
      instanceId,
      privateIp,
      hostname,
      hasAgent,
      packageLocks: this.#options.chaos.packageLocks,
      userData: userData === undefined ? undefined : Buffer.from(userData).toString("base64"),
    });
  }

  async stop(instanceId: string): Promise<void> {
    await this.#control.ask({ op: "stop", instanceId });
  }

  async terminate(instanceId: string): Promise<void> {
    await this.#control.ask({ op: "terminate", instanceId });
  }

  async running(): Promise<readonly string[]> {
    return (await this.#control.ask({ op: "running" })).instances ?? [];
  }

  async consoleOutput(instanceId: string): Promise<Buffer> {
    return readConsole(join(stateFolders(this.#state).instances, instanceId, "console.log"));
  }

  unpackAs(): UnpackAs {
    return asUsersInside(this.#state);
  }

  enter(): readonly string[] {
    return enterNetwork(this.#state);
  }

  addressOf({ privateIp }: Pick<Launch, "privateIp">, port: number): { host: string; port: number } {
    return { host: privateIp, port };
  }

  async close(): Promise<void> {
    await this.#outside?.close();
    await this.#control.closeAll();
    await removeCgroupFolder(this.#state);
  }

  /** Instances that boot from now on find the control plane at this port. */
  #configureAgents({ port, signerSha256 }: Outside): void {
    const file = join(stateFolders(this.#state).base, "etc/codedeploy-agent/conf/codedeployagent.yml");
    const endpoint = `http://${gatewayAddress}:${port}`;
    const content = agentConfiguration({ endpoint, root: "", signerSha256 });
    if (existsSync(file) && readFileSync(file, "utf8") === content) return;
    writeFileSync(file, content);
    chmodSync(file, 0o644); // users inside may read it
    if (process.getuid?.() === 0) chownSync(file, 500_000, 500_000);
  }
}
