import { execFileSync } from "node:child_process";
import { readdirSync, rmSync, writeFileSync, writeSync, closeSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Answer, type Numbered, readLine } from "../control-protocol.ts";
import { sockets, stateFolders } from "../folders.ts";
import { type Carrier, Instances } from "./instances.ts";
import { answerNames } from "./names.ts";
import { Links } from "./namespaces.ts";
import { Listeners } from "./listeners.ts";
import { carryCommand, enterInstance } from "./exec.ts";
import { ContainerCgroups } from "../../task/container-cgroups.ts";
import { Tasks } from "../../task/netd-tasks.ts";
import { carryOutForTask, isForTask } from "../../task/netd-requests.ts";

// The root of the outer namespaces: carries the network of all instances and the instances themselves. It is a process of
// its own, so that instances outlive a crash of the control plane. Its settings come from its starter, in the environment.

const {
  SLUICE_STATE: state = "",
  SLUICE_CODE: code = "",
  SLUICE_NODE: node = "",
  SLUICE_MAP: map = "one",
  SLUICE_ALONE_SECONDS: aloneSeconds = "60",
  SLUICE_CGROUP: cgroup = "",
} = process.env;
const folders = stateFolders(state);
const carrier: Carrier = { folders, scripts: join(code, "instance/namespaces/netd"), node, map };

/** The gateway, and the link-local addresses of the metadata service, the resolver and the metadata of tasks. */
const network = `link set lo up
addr add 172.31.0.1/32 dev lo
addr add 169.254.169.254/32 dev lo
addr add 169.254.169.253/32 dev lo
addr add 169.254.170.2/32 dev lo
`;

/**
 * Every instance has a link of its own to here, and there is a way to its address by that link alone. A packet counts only
 * when it comes by the link that its sender's address is reached by: so an instance that takes another's address, or
 * this side's, says nothing to anybody. What instances say to each other is passed on from here. These hold for every
 * link that is made later.
 */
const linkSettings = [
  ["ip_forward", 1],
  ["conf/all/rp_filter", 1],
  ["conf/default/rp_filter", 1],
  ["conf/all/send_redirects", 0],
  ["conf/default/send_redirects", 0],
] as const;

function prepare(): void {
  execFileSync("mount", ["-t", "proc", "proc", "/proc"]);
  // Instances see this program's own Node, so it is read-only for them: what they change must not be ours (boot-instance.sh).
  execFileSync("mount", ["--bind", node, node]);
  execFileSync("mount", ["-o", "remount,bind,ro", node]);
  // Root of an instance could mount the cgroups in a namespace of its own, with the rights of our user over those that limit
  // others' memory or that this program runs in. A limit that is set here is not his to change.
  writeFileSync("/proc/sys/user/max_cgroup_namespaces", "0");
  for (const [name, value] of linkSettings) writeFileSync(`/proc/sys/net/ipv4/${name}`, String(value));
  execFileSync("ip", ["-batch", "-"], { input: network });
  for (const scope of ["all", "default"]) {
    try {
      writeFileSync(`/proc/sys/net/ipv6/conf/${scope}/disable_ipv6`, "1");
    } catch {
      // A kernel without IPv6 has nothing to switch off.
    }
  }
}

const links = new Links();
const instances = new Instances(carrier, links);
const tasks = new Tasks(
  {
    ...{ folders, scripts: join(code, "instance/task"), tools: join(folders.base, "tools"), map },
    cgroups: new ContainerCgroups(cgroup),
  },
  links,
);
const listeners = new Listeners({ instances, tasks }, join(state, sockets.outside));
/** The ports at which running instances expect the control plane: it may have come back at another one than they were told. */
const ports = new Set<number>();
let attached: Socket | undefined;
let alone: NodeJS.Timeout | undefined;

/** Without a control plane the instances go on for a while: it may only be restarting. */
function waitForControlPlane(): void {
  clearTimeout(alone);
  alone = setTimeout(() => process.exit(0), Number(aloneSeconds) * 1000);
}

async function serve(socket: Socket): Promise<void> {
  socket.on("error", () => socket.destroy());
  const first = await readLine(socket);
  if (first === undefined) return void socket.destroy();
  const request = JSON.parse(first.line) as Numbered; // the socket lies in a folder that only our own user may enter
  if (request.op === "exec") {
    const { instanceId: id, argv } = request;
    const child = tasks.enter(id, argv) ?? enterInstance(instances.firstProcess(id), argv);
    return carryCommand(socket, first.rest, child);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${first.line}\n`), first.rest]));
  for await (const line of createInterface({ input: socket })) void answer(JSON.parse(line) as Numbered, socket);
  if (socket === attached) {
    attached = undefined;
    waitForControlPlane();
  }
}

async function answer(request: Numbered, socket: Socket): Promise<void> {
  const send = (fields: Omit<Answer, "id">) =>
    socket.writable && socket.write(`${JSON.stringify({ id: request.id, ...fields })}\n`);
  try {
    send(await carryOut(request, socket));
  } catch (error) {
    send({ error: error instanceof Error ? error.message : String(error) });
  }
}

async function carryOut(request: Numbered, socket: Socket): Promise<Omit<Answer, "id">> {
  if (isForTask(request)) return carryOutForTask(tasks, request);
  switch (request.op) {
    case "attach":
      attached = socket;
      clearTimeout(alone);
      return {};
    case "listen":
      await listeners.open();
      ports.add(request.port);
      return { ports: [...ports] };
    case "launch":
      await instances.launch(request);
      return {};
    case "stop":
      await instances.stop(request.instanceId);
      return {};
    case "terminate":
      await instances.terminate(request.instanceId);
      return {};
    case "running":
      return { instances: instances.running() };
    case "close":
      process.exit(0); // the kernel ends every process of this namespace with its first one
    case "exec":
      throw new Error("exec begins a connection of its own");
  }
}

prepare();
await answerNames("169.254.169.253");
// Instances of an earlier netd are stopped: their disks are there, but the mounts on them are gone.
instances.check(readdirSync(state));
const control = join(state, sockets.control);
rmSync(control, { force: true });
createServer((socket) => void serve(socket).catch(() => socket.destroy())).listen(control, () => {
  waitForControlPlane();
  writeSync(3, "ready\n"); // throws, and so ends netd, when the starter has been killed meanwhile
  closeSync(3);
});
