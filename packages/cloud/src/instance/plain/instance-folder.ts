import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { randomHex } from "../../random.ts";

/** 128 bits are not guessed. */
const secretBytes = 16;

/** What is stored of a plain instance: its two ports stay its own. */
export interface PlainInstance {
  readonly instanceId: string;
  readonly folder: string;
  /** Prefix of every path that the agent installs to. */
  readonly root: string;
  readonly configuration: string;
  /** For the application: `PORT` of its scripts. */
  readonly port: number;
  readonly metadataPort: number;
  /** The secret prefix of its metadata's paths: every process of this machine can reach the port, and only the instance's agent is told the prefix. */
  readonly metadataSecret: string;
}

/** Returns the folder of all plain instances. */
export function plainFolderOf(dataFolder: string): string {
  return join(dataFolder, "cloud", "plain");
}

/** Returns every plain instance of a data folder. */
export function plainInstances(dataFolder: string): readonly PlainInstance[] {
  const all = plainFolderOf(dataFolder);
  if (!existsSync(all)) return [];
  return readdirSync(all)
    .filter((name) => existsSync(join(all, name, "ports.json")))
    .map((instanceId) => describe(all, instanceId));
}

/** The folder of an instance, made when it is new. */
export async function openPlainInstance(dataFolder: string, instanceId: string): Promise<PlainInstance> {
  const all = plainFolderOf(dataFolder);
  const ports = join(all, instanceId, "ports.json");
  if (!existsSync(ports)) {
    mkdirSync(join(all, instanceId, "root"), { recursive: true });
    const [port, metadataPort] = [await freePort(), await freePort()];
    writeFileSync(ports, JSON.stringify({ port, metadataPort, metadataSecret: randomHex(secretBytes) }), {
      mode: 0o600,
    });
  }
  return describe(all, instanceId);
}

function describe(all: string, instanceId: string): PlainInstance {
  const folder = join(all, instanceId);
  const kept = JSON.parse(readFileSync(join(folder, "ports.json"), "utf8")) as Pick<
    PlainInstance,
    "port" | "metadataPort" | "metadataSecret"
  >; // written above
  return {
    instanceId,
    folder,
    root: join(folder, "root"),
    configuration: join(folder, "codedeployagent.yml"),
    ...kept,
  };
}

/** Returns a port of this machine that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("No free port was found");
  return address.port;
}
