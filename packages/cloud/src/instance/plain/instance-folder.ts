import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { randomHex } from "../../random.ts";

/** 128 bits are not guessed. */
const secretBytes = 16;

/** What a plain instance keeps: its two ports stay its own. */
export interface PlainInstance {
  readonly instanceId: string;
  readonly folder: string;
  /** In front of everything that the agent installs. */
  readonly root: string;
  readonly configuration: string;
  /** For the application: `PORT` of its scripts. */
  readonly port: number;
  readonly metadataPort: number;
  /** What paths of its metadata begin with: everybody on this machine reaches the port, and its agent alone is told this. */
  readonly metadataSecret: string;
}

/** The folder of all plain instances. */
export function plainFolderOf(dataFolder: string): string {
  return join(dataFolder, "cloud", "plain");
}

/** Every plain instance of a data folder. */
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

/** A port of this machine that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("No free port was found");
  return address.port;
}
