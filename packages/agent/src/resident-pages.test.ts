import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { isBuiltin } from "node:module";
import { test } from "node:test";
import { cleanFileRanges } from "./resident-pages.ts";

const program = "/opt/node 26/bin/node";

/** A mapping as the kernel writes it. */
function mapping(
  place: string,
  { anonymous = "0 kB", swap = "0 kB" }: { anonymous?: string; swap?: string } = {},
): string {
  return `${place}\nSize:               4096 kB\nRss:                 512 kB\nAnonymous:      ${anonymous}\nTHPeligible:           0\nSwap:           ${swap}\nVmFlags: rd mr mw me \n`;
}

const text = mapping(`00400000-00800000 r--p 00000000 fe:00 1234                       ${program}`);
const code = mapping(`7f0000000000-7f0000400000 r-xp 00400000 00:1f 1234               ${program}`);
const both = [
  { start: 0x400000n, length: 0x400000n },
  { start: 0x7f0000000000n, length: 0x400000n },
];

test("the parts of the program's file that nobody has written to can be read again", () => {
  const smaps = [
    text,
    mapping("00800000-00900000 rw-p 00400000 fe:00 1234                     /opt/node 26/bin/node"),
    mapping("00900000-00a00000 rw-p 00000000 00:00 0                        [heap]"),
    mapping("00a00000-00b00000 r--p 00000000 00:00 0 "),
    mapping("00b00000-00c00000 r-xs 00000000 fe:00 1234                     /opt/node 26/bin/node"),
    code,
    mapping("7ffe00000000-7ffe00200000 r-xp 00000000 00:00 0                [vdso]"),
  ];
  assert.deepEqual(cleanFileRanges(smaps.join(""), program), both);
});

test("a part with a page that was written to is kept, in memory or swapped out", () => {
  const place = `00800000-00900000 r--p 00400000 fe:00 1234                     ${program}`;
  const smaps = [
    text,
    mapping(place, { anonymous: "4 kB" }),
    mapping(place.replaceAll("00800000-", "00810000-"), { swap: "4 kB" }),
    code,
  ];
  assert.deepEqual(cleanFileRanges(smaps.join(""), program), both);
});

test("libraries are kept, and a program of a similar name", () => {
  for (const other of ["/usr/lib/libc.so.6", `${program}2`, `/chroot${program}`, `${program} (deleted)`])
    assert.deepEqual(cleanFileRanges(text.replace(program, other) + code, program), both.slice(1));
});

test("a program that was replaced on the disk is still found", () => {
  const gone = `${program} (deleted)`;
  assert.deepEqual(cleanFileRanges((text + code).replaceAll(program, gone), gone), both);
});

test("what is not understood is not chosen", () => {
  const drifts: readonly ((one: string) => string)[] = [
    (one) => one.replace(/^Anonymous:.*\n/m, ""),
    (one) => one.replace(/^Swap:.*\n/m, ""),
    (one) => one.replace(/^(Anonymous:.*) kB$/m, "$1 pages"),
    (one) => one.replace(/^(Anonymous: *)0 kB$/m, "$1"),
    (one) => one.replace(/^Anonymous:/m, "Anon"),
    (one) => one.replace("r--p", "r---p"),
    (one) => one.replace("00400000-", "0x400000-"),
    (one) => one.replace(" fe:00", ""),
    (one) => one.split("\n")[0] ?? "",
    (one) => one.replaceAll("\n", "\r\n"),
    () => "",
  ];
  for (const drift of drifts) assert.deepEqual(cleanFileRanges(`${drift(text)}\n${code}`, program), both.slice(1));
});

/** Does what an agent does, before and after it has released its resident pages. Prints the resident memory, in kB. */
const workAround = `
  import { spawnSync } from "node:child_process";
  import { createHash, generateKeyPairSync } from "node:crypto";
  import { once } from "node:events";
  import { readFileSync } from "node:fs";
  import { createServer } from "node:http";
  import { setTimeout as pause } from "node:timers/promises";
  import { gzipSync, gunzipSync } from "node:zlib";
  import { releaseResidentPages } from "${import.meta.resolve("./resident-pages.ts")}";

  const resident = () => Number(/^Rss: +(\\d+) kB$/m.exec(readFileSync("/proc/self/smaps_rollup", "utf8"))[1]);
  async function work() {
    const server = createServer((request, response) => response.end("heard")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const answer = await fetch("http://127.0.0.1:" + server.address().port);
    const heard = await answer.text();
    server.close();
    server.closeAllConnections();
    generateKeyPairSync("ec", { namedCurve: "P-256" });
    return [
      heard,
      spawnSync("echo", ["spawned"], { encoding: "utf8" }).stdout,
      gunzipSync(gzipSync(readFileSync(process.execPath).subarray(0, 4))).toString("latin1"),
      createHash("sha256").update("sluice").digest("hex"),
    ];
  }
  const results = [await work()];
  const sizes = [resident()];
  for (let times = 0; times < 2; times++) {
    releaseResidentPages();
    sizes.push(resident());
    results.push(await work());
    await pause(10);
  }
  process.emitWarning("other warnings are heard");
  console.log(JSON.stringify({ sizes, results }));
`;

test(
  "a process that has let go of its pages works on, and is smaller until it does; nothing is said about it",
  { skip: !(process.platform === "linux" && isBuiltin("node:ffi")) && "needs Linux and a Node with node:ffi" },
  () => {
    const child = spawnSync(process.execPath, ["--input-type=module", "--eval", workAround], { encoding: "utf8" });
    assert.match(child.stderr, /^\(node:\d+\) Warning: other warnings are heard\n\(Use [^\n]+\n$/);
    assert.equal(child.status, 0);
    const { sizes, results } = JSON.parse(child.stdout) as { sizes: number[]; results: string[][] };
    const [before = 0, ...after] = sizes;
    for (const size of after)
      assert.ok(size < before - 15_000, `${before} kB were resident before, ${after.join(" and ")} kB after`);
    assert.deepEqual(results[0]?.slice(0, 3), ["heard", "spawned\n", "\x7fELF"]);
    assert.deepEqual(results, [results[0], results[0], results[0]]);
  },
);

test(
  "where Node may not call the C library, nothing happens",
  { skip: process.platform !== "linux" && "needs Linux" },
  () => {
    const quiet = `import { releaseResidentPages } from "${import.meta.resolve("./resident-pages.ts")}"; releaseResidentPages(); console.log("goes on");`;
    const words = ["--permission", "--allow-fs-read=*", "--input-type=module", "--eval", quiet];
    const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
    assert.deepEqual([stdout, stderr], ["goes on\n", ""]);
  },
);
