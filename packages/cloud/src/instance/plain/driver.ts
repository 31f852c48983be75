import type { UnpackAs } from "../../images/index.ts";
import { spawn } from "node:child_process";
import { timingSafeEqual } from "node:crypto";
import { closeSync, openSync, rmSync, writeFileSync } from "node:fs";
import type { RequestListener, Server } from "node:http";
import { once } from "node:events";
import { join } from "node:path";
import { createServer } from "@sluice/aws-protocol/node-http";
import { agentConfiguration } from "../agent-configuration.ts";
import { readConsole } from "../console-output.ts";
import type { InstanceDriver, Launch, Outside } from "../driver.ts";
import { openPlainInstance, type PlainInstance, plainFolderOf, plainInstances } from "./instance-folder.ts";
import { endProcesses, mark, processesOf } from "./processes.ts";
import { PlainTasks } from "./tasks.ts";

/** Instances as ordinary processes of this user: an agent with folders and ports of its own, and nothing that isolates it. */
export class PlainDriver implements InstanceDriver {
  readonly name = "plain";
  readonly tasks: PlainTasks;
  readonly endpointAddress = "127.0.0.1";
  readonly #dataFolder: string;
  readonly #agentBundle: string;
  readonly #metadata = new Map<string, Server>();
  #outside: Outside | undefined;

  constructor({ dataFolder, agentBundle }: { dataFolder: string; agentBundle: string }) {
    this.#dataFolder = dataFolder;
    this.#agentBundle = agentBundle;
    this.tasks = new PlainTasks(dataFolder);
  }

  async connect(outside: Outside): Promise<void> {
    this.#outside = outside;
    await this.tasks.closeAll();
    // Agents that outlived the control plane go on calling the addresses that they know.
    for (const instance of plainInstances(this.#dataFolder)) await this.#serveMetadata(instance);
  }

  async launch({ instanceId, hasAgent, userData }: Launch): Promise<void> {
    if (this.#outside === undefined) throw new Error("The driver is not connected");
    if (userData !== undefined)
      throw new Error(
        "User data is not run by the plain driver: it would run on this machine itself. Use isolated instances (--driver ns)",
      );
    if (!hasAgent)
      throw new Error(
        "Ordinary processes stand for instances that have the agent, and this image has none. Use another image, or isolated instances (--driver ns)",
      );
    const instance = await openPlainInstance(this.#dataFolder, instanceId);
    await this.#serveMetadata(instance);
    if (processesOf(instance.folder).length > 0) return;
    const { folder, root, configuration, port, metadataPort, metadataSecret } = instance;
    writeFileSync(
      configuration,
      agentConfiguration({
        endpoint: `http://127.0.0.1:${this.#outside.port}`,
        root: folder,
        installRoot: root,
        signerSha256: this.#outside.signerSha256,
      }),
    );
    const output = openSync(join(folder, "console.log"), "a");
    // What this program writes is readable by its user alone; what the agent installs is not.
    const agent = [process.execPath, this.#agentBundle, "--config_file", configuration, "run"];
    const child = spawn("sh", ["-c", 'umask 022; exec "$@"', "sh", ...agent], {
      detached: true,
      cwd: folder,
      stdio: ["ignore", output, output, "ipc"],
      env: {
        ...process.env,
        PORT: String(port),
        AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${metadataPort}/${metadataSecret}`,
        [mark]: folder,
      },
    });
    closeSync(output);
    const began = await Promise.race([once(child, "message").then(() => true), once(child, "exit").then(() => false)]);
    if (!began)
      throw new Error(`The agent of instance ${instanceId} ended at once; see "${join(folder, "console.log")}"`);
    if (child.connected) child.disconnect();
    child.unref();
  }

  async stop(instanceId: string): Promise<void> {
    await endProcesses(this.#folder(instanceId));
  }

  async terminate(instanceId: string): Promise<void> {
    await this.stop(instanceId);
    this.#metadata.get(instanceId)?.close();
    this.#metadata.delete(instanceId);
    rmSync(this.#folder(instanceId), { recursive: true, force: true });
  }

  async running(): Promise<readonly string[]> {
    return plainInstances(this.#dataFolder)
      .filter(({ folder }) => processesOf(folder).length > 0)
      .map(({ instanceId }) => instanceId);
  }

  async consoleOutput(instanceId: string): Promise<Buffer> {
    return readConsole(join(this.#folder(instanceId), "console.log"));
  }

  unpackAs(): UnpackAs {
    return { words: [], owners: "none" };
  }

  enter(): readonly string[] {
    return [];
  }

  /** A plain instance has one port for its application, in its variable `PORT`: it stands for whatever port is asked for. */
  addressOf({ instanceId }: Pick<Launch, "instanceId">, port: number): { host: string; port: number } {
    const found = plainInstances(this.#dataFolder).find((instance) => instance.instanceId === instanceId);
    return { host: "127.0.0.1", port: found?.port ?? port };
  }

  async close(): Promise<void> {
    await this.tasks.closeAll();
    await Promise.all(plainInstances(this.#dataFolder).map(({ folder }) => endProcesses(folder)));
    for (const server of this.#metadata.values()) {
      server.close();
      server.closeAllConnections();
    }
  }

  async #serveMetadata({ instanceId, metadataPort, metadataSecret }: PlainInstance): Promise<void> {
    if (this.#metadata.has(instanceId) || this.#outside === undefined) return;
    const server = createServer(belowSecret(metadataSecret, this.#outside.metadata(instanceId)));
    this.#metadata.set(instanceId, server);
    server.listen(metadataPort, "127.0.0.1");
    await once(server, "listening");
  }

  #folder(instanceId: string): string {
    return join(plainFolderOf(this.#dataFolder), instanceId);
  }
}

/** Serves requests whose path begins with the secret, without it; others find nothing. */
function belowSecret(secret: string, next: RequestListener): RequestListener {
  const wanted = Buffer.from(`/${secret}/`);
  return (request, response) => {
    const { url = "" } = request;
    const given = Buffer.from(url.slice(0, wanted.length));
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return void response.writeHead(404).end();
    request.url = url.slice(wanted.length - 1);
    next(request, response);
  };
}
