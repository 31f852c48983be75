import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { unpackBundle } from "./unpack.ts";

const { status, stdout } = spawnSync("tar", ["--version"], { encoding: "utf8" });
const isGnu = status === 0 && stdout.includes("GNU");
const skip = process.getuid?.() !== 0 ? "needs root" : !isGnu && "needs GNU tar";

for (const format of ["gnu", "pax", "v7"])
  test(
    `owners of an archive go by name where there is such a user, and by number otherwise (${format})`,
    { skip },
    async (t) => {
      const folder = mkdtempSync(join(tmpdir(), "sluice-owners-"));
      t.after(() => rmSync(folder, { recursive: true, force: true }));
      for (const name of ["known", "unknown"]) writeFileSync(join(folder, name), "");
      const tar = (flag: string, owner: string, name: string) =>
        assert.equal(
          spawnSync(
            "tar",
            [flag, "b.tar", `--format=${format}`, `--owner=${owner}:5432`, `--group=${owner}:5433`, name],
            {
              cwd: folder,
            },
          ).status,
          0,
        );
      tar("-cf", "daemon", "known");
      tar("-rf", "no-such-user", "unknown");

      const said = await unpackBundle({ file: join(folder, "b.tar"), type: "tar", into: join(folder, "into") });

      const owners = ["known", "unknown"].map((name) => {
        const { uid, gid } = statSync(join(folder, "into", name));
        assert.equal(uid, 0); // until it is installed
        return [said.get(name)?.uid, gid];
      });
      // The oldest form has no names.
      assert.deepEqual(owners, [format === "v7" ? [5432, 5433] : [1, 1], [5432, 5433]]);
    },
  );
