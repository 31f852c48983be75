// What everybody knows, measured on the same machine in the same run: a machine that is half as fast takes twice as long for these, too.
import { type ChildProcess, fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, fsyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { median } from "./figure.ts";

/** Something well known, and what it takes here. */
export interface Yardstick {
  readonly name: string;
  readonly value: number;
}

/** Starting Node with nothing to do, in milliseconds. */
export const nodeStart = (): Yardstick => programStart("Node", process.execPath, ["--eval", "0"]);

/** Starting a program until it ends, in milliseconds. */
export function programStart(name: string, file: string, words: readonly string[]): Yardstick {
  const once = () => {
    const { error, status } = spawnSync(file, words, { stdio: "ignore" });
    if (error !== undefined || status !== 0) throw new Error(`Cannot start ${file}`, { cause: error });
  };
  once(); // from then on it is in memory
  return { name: `a start of ${name}`, value: medianOf(9, once) };
}

/** Fork and exec of a shell that does nothing, until it has ended, in milliseconds. */
export async function shell(): Promise<Yardstick> {
  const times: number[] = [];
  for (let round = 0; round < 50; round++) {
    const began = performance.now();
    await once(spawn("/bin/sh", ["-c", ":"], { stdio: "ignore" }), "exit");
    times.push(performance.now() - began);
  }
  return { name: "fork and exec of a shell", value: median(times) };
}

/** Writing a page to a file and having it on the disk, in milliseconds. */
export function fsync(): Yardstick {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const file = openSync(join(folder, "file"), "w");
  const page = Buffer.alloc(4096, "x");
  try {
    return {
      name: "a write with fsync",
      value: medianOf(50, () => {
        writeSync(file, page);
        fsyncSync(file);
      }),
    };
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
}

/** One request after the other to bare node:http over a kept connection, in milliseconds each. */
export async function bareRequest(): Promise<Yardstick> {
  const { child, port } = await bareServer();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = () =>
    new Promise<void>((done, failed) => {
      request({ host: "127.0.0.1", port, agent }, (response) => response.resume().on("end", done))
        .on("error", failed)
        .end();
    });
  try {
    const times: number[] = [];
    for (let round = 0; round < 500; round++) {
      const began = performance.now();
      await ask();
      times.push(performance.now() - began);
    }
    return { name: "a request of bare node:http", value: median(times) };
  } finally {
    agent.destroy();
    child.kill();
  }
}

/** What bare node:http keeps for each of many connections that wait for their answer, in KiB. */
export async function heldRequest(connections: number): Promise<Yardstick> {
  const { child, port } = await bareServer("hold");
  const sockets: Socket[] = [];
  try {
    const before = residentKilobytes(child);
    while (sockets.length < connections)
      sockets.push(...(await Promise.all(Array.from({ length: 250 }, () => asking(port)))));
    await pause(1_000);
    return { name: "a request that bare node:http holds", value: (residentKilobytes(child) - before) / connections };
  } finally {
    for (const socket of sockets) socket.destroy();
    child.kill();
  }
}

function asking(port: number): Promise<Socket> {
  return new Promise((asked, failed) => {
    const socket = connect(port, "127.0.0.1", () =>
      socket.write("GET / HTTP/1.1\r\nhost: bench\r\n\r\n", () => asked(socket)),
    );
    socket.on("error", failed);
  });
}

/** How much of the memory a process has to itself, and how much it has in all, in MB. */
export function memoryOf({ pid }: ChildProcess): {
  readonly privateMegabytes: number;
  readonly residentMegabytes: number;
} {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const megabytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(rollup)?.[1]) / 1024;
  return {
    privateMegabytes: megabytes("Private_Clean") + megabytes("Private_Dirty"),
    residentMegabytes: megabytes("Rss"),
  };
}

/** What a Node takes of the memory that does nothing but wait. */
export async function idleNode() {
  const child = spawn(process.execPath, ["--eval", "setInterval(() => {}, 1e9); console.log('waits')"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  await pause(1_000);
  const { privateMegabytes, residentMegabytes } = memoryOf(child);
  child.kill();
  const name = "an idle Node";
  return { ownMemory: { name, value: privateMegabytes }, resident: { name, value: residentMegabytes } };
}

async function bareServer(
  ...words: readonly string[]
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = fork(join(import.meta.dirname, "bare-server.ts"), words);
  const [port] = (await once(child, "message")) as [number]; // sent by that program
  return { child, port };
}

/** The memory of a process that is in RAM, in KiB. */
export function residentKilobytes({ pid }: Pick<ChildProcess, "pid">): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

function medianOf(rounds: number, work: () => void): number {
  const times = Array.from({ length: rounds }, () => {
    const began = performance.now();
    work();
    return performance.now() - began;
  });
  return median(times);
}
