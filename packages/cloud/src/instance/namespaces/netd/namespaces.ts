import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

/** Waits until the user namespace has users: what is run after that has the rights of its root. */
export const awaitMap = 'echo ready >&3; read -r _ && exec "$@"';

/** Maps this namespace's users into a new user namespace. */
export function mapUsers(pid: number): void {
  for (const map of ["uid_map", "gid_map"]) {
    // Each line: the first id inside, the first one outside, how many.
    const lines = readFileSync(`/proc/self/${map}`, "utf8").trim().split("\n");
    const same = lines
      .map((line) => line.trim().split(/\s+/))
      .map(([first, , count]) => `${first} ${first} ${count}\n`);
    writeFileSync(`/proc/${pid}/${map}`, same.join(""));
  }
}

/** The links by which everything in here is reached: each has a name of its own, and there is one way to its address. */
export class Links {
  #made = 0;

  /** Gives the network of a process an interface `eth0`, and routes an address there. */
  async connect(address: string, pid: number): Promise<void> {
    this.#made += 1;
    // A link of an earlier boot may not have vanished yet: its route is replaced.
    await runIp(`link add v${this.#made} type veth peer name eth0 netns ${pid}
link set v${this.#made} up
route replace ${address}/32 dev v${this.#made} src 172.31.0.1
`);
  }
}

function runIp(batch: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("ip", ["-batch", "-"], { stdio: ["pipe", "ignore", "inherit"] });
    child.once("exit", (status) => (status === 0 ? resolve() : reject(new Error(`ip ended with ${status}: ${batch}`))));
    child.once("error", reject);
    child.stdin.end(batch);
  });
}

/** The first process in the process namespace that a process has made, as seen from here. Undefined when there is none. */
export function firstProcessBelow(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined;
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    return first ? Number(first) : undefined;
  } catch {
    return undefined; // it has ended
  }
}
