// Hands this process's work over to the Node that npm has installed beside Sluice. Runs on Node 20, which cannot replace a process by another program: so there are two, and nobody outside may notice.
import { spawn, spawnSync } from "node:child_process";
import { createRequire } from "node:module";

/** Ends the program when the process that handed over is gone. */
const preload = new URL("end-with-parent.js", import.meta.url).href;

/** What ends a process, or asks something of it, when its sender knows only this one. */
const forwarded = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2"];

/** The path of the Node that npm has installed for this kind of machine, or of this one where there is none and this one is new enough. */
export function installedNode() {
  const kind = `${process.platform}-${process.arch}`;
  const name = kind === "darwin-arm64" ? `node-bin-${kind}` : `node-${kind}`;
  try {
    return createRequire(import.meta.url).resolve(`${name}/bin/node`);
  } catch {
    // An optional dependency: there is none for this kind of machine, or it was left out.
    if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
    const found = `this is ${process.versions.node}, and npm has not installed its package ${name}`;
    console.error(`sluice: Node 24 or newer is wanted; ${found}: npm's --include=optional does, where there is one`);
    process.exit(1);
  }
}

/**
 * Runs a program by a Node, with this process's standard streams, and ends as it ends. Signals go to it.
 * @param {string} node
 * @param {readonly string[]} words
 */
export function handOver(node, words, env = process.env) {
  const child = spawn(node, ["--import", preload, ...words], { stdio: ["inherit", "inherit", "inherit", "ipc"], env });
  for (const signal of forwarded) process.on(signal, () => child.kill(signal));
  child.once("error", (error) => {
    console.error(`Cannot start ${node}: ${error.message}`);
    process.exit(1);
  });
  child.once("exit", (code, signal) => {
    if (code === notLoaded) explainNotLoaded(node);
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** With what the system's loader ends a program whose libraries are not all there. A command that `sluice exec` runs may end with it, too. */
const notLoaded = 127;

/** Says what to install where the system has not all that Node's own executables need: those since Node 25 want a library that the smallest systems lack. */
function explainNotLoaded(node) {
  const { status, stderr } = spawnSync(node, ["--version"], { encoding: "utf8" });
  if (status !== notLoaded) return;
  const library = /libraries: (\S{1,100}): cannot open/.exec(stderr)?.[1] ?? "a library";
  console.error(
    `sluice: ${node} needs ${library}, which is not on this machine. Install it (libatomic.so.1 is in Debian's and Ubuntu's libatomic1, Fedora's and Red Hat's libatomic), or run Sluice with a Node 24 of your own`,
  );
}
