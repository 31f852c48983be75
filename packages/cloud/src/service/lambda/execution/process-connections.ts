import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import type { Socket } from "node:net";
import { endianness } from "node:os";

/** Whether the other end of a connection that was made on this machine belongs to a process, or to one that it has started. */
export function isConnectionOf(pid: number | undefined, connection: Socket): boolean {
  const other = pid === undefined ? undefined : otherEnd(connection);
  if (pid === undefined || other === undefined) return false;
  const descriptor = `socket:[${other.inode}]`;
  return [...descendants(pid)].some((one) => {
    try {
      return descriptorsOf(one).includes(descriptor);
    } catch (error) {
      // Not even root may look everywhere. The system then still knows the user of the connection.
      const { code } = error as NodeJS.ErrnoException;
      return (code === "EACCES" || code === "EPERM") && ownerOf(one) === other.user;
    }
  });
}

/** The fields of a line of /proc/net/tcp: proc(5). */
const fields = { user: 7, inode: 9 } as const;

/** What the system knows about the other end of a connection. A program may have opened it with an IPv6 socket. */
function otherEnd({ remoteAddress = "", remotePort, localAddress = "", localPort }: Socket) {
  const [from, to] = [remoteAddress, localAddress].map((address) => hex(address.split(".").map(Number)));
  const places = [
    { file: "/proc/net/tcp", before: "" },
    { file: "/proc/net/tcp6", before: hex([0, 0, 0, 0]) + hex([0, 0, 0, 0]) + hex([0, 0, 0xff, 0xff]) },
  ];
  for (const { file, before } of places) {
    const wanted = ` ${before}${from}:${hexPort(remotePort)} ${before}${to}:${hexPort(localPort)} `;
    const text = tableOf(file);
    const at = text.indexOf(wanted);
    if (at === -1) continue;
    const line = text.slice(text.lastIndexOf("\n", at) + 1, text.indexOf("\n", at));
    const words = line.trim().split(/\s+/);
    return { user: Number(words[fields.user]), inode: words[fields.inode] };
  }
  return undefined;
}

/** Four bytes of an address as the kernel writes them there: as one number of this machine. */
function hex(bytes: readonly number[]): string {
  const inOrder = endianness() === "LE" ? bytes.toReversed() : bytes;
  return inOrder
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("")
    .toUpperCase();
}

const hexPort = (port = 0) => port.toString(16).padStart(4, "0").toUpperCase();

function tableOf(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return ""; // a system without IPv6 has none for it
  }
}

/** A process and all that it has started, and so on. What has lost its parent within namespaces of its own belongs to their first process. */
function* descendants(pid: number): Generator<number> {
  yield pid;
  for (const task of entriesOf(`/proc/${pid}/task`))
    for (const child of textOf(`/proc/${pid}/task/${task}/children`).split(" "))
      if (child !== "") yield* descendants(Number(child));
}

function descriptorsOf(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).map((name) => {
    try {
      return readlinkSync(`${folder}/${name}`);
    } catch {
      return ""; // closed meanwhile
    }
  });
}

function ownerOf(pid: number): number | undefined {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid;
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // it has ended
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return ""; // it has ended
  }
}
