// Runs a script of this repository by the Node that npm has installed, whatever Node npm itself runs on: `node scripts/run.js FILE …`.
// npm 10 links no `node` into node_modules/.bin when several packages offer one, though only one of them is for this machine.
import { delimiter, dirname } from "node:path";
import { handOver, installedNode } from "../packages/cli/bin/installed-node.js";

const node = installedNode();
// What these scripts start by name is to be the same Node.
handOver(node, process.argv.slice(2), {
  ...process.env,
  PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ""}`,
});
