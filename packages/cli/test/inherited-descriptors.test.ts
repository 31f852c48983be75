import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";

const file = join(resolve(import.meta.dirname, "../src/commands/server"), "inherited-descriptors.ts");

test("what the shell had open that started the server is open in nothing that the server starts", () => {
  const shells = 40;
  const program = `
    import { execFileSync } from "node:child_process";
    import { closeInheritedDescriptors } from ${JSON.stringify(file)};
    const inherited = () => execFileSync("ls", ["/proc/self/fd"], { encoding: "utf8" }).split("\\n").includes("${shells}");
    const before = inherited();
    closeInheritedDescriptors();
    console.log(before, inherited());`;
  const descriptor = openSync("/dev/null", "w");
  const gap = Array.from({ length: shells - 3 }, () => "ignore" as const);

  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module-typescript", "-e", program], {
    stdio: ["ignore", "pipe", "pipe", ...gap, descriptor],
    encoding: "utf8",
  });
  closeSync(descriptor);

  assert.equal(stdout, "true false\n", stderr);
});
