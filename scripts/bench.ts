// Measures what the product promises of speed and size. Limits are ratios to a rival, or to the least that the work needs, in the same run;
// the absolute figures are printed, too. Runs all benches, or those whose name contains an argument.
import { benches } from "./bench/all.ts";
import { packAgent } from "./pack.ts";

const wanted = process.argv.slice(2);
const idle = wanted.filter((part) => !Object.keys(benches).some((name) => name.includes(part)));
if (idle.length > 0) {
  console.error(`No figure's name contains ${idle.join(" or ")}; there are:\n  ${Object.keys(benches).join("\n  ")}`);
  process.exit(1);
}
await packAgent();
let missed = 0;
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
  console.log(`\n${name}`);
  for (const { figure, value, limit, holds } of await bench()) {
    console.log(`  ${holds ? "✔" : "✘"} ${figure}: ${value} (wanted: ${limit})`);
    if (!holds) missed++;
  }
}
console.log(missed === 0 ? "\nEvery figure holds" : `\n${missed} figures missed`);
process.exitCode = missed === 0 ? 0 : 1;
