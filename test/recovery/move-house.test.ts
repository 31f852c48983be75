import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CreateApplicationCommand, ListApplicationsCommand } from "@aws-sdk/client-codedeploy";
import { eventually } from "../support/eventually.ts";
import { Postgres, whyNoPostgres } from "../support/postgres.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { NodeProcess, sluice } from "../support/several-nodes.ts";

const applicationsAt = async (node: NodeProcess) => {
  const client = node.client();
  try {
    return (await client.send(new ListApplicationsCommand({}))).applications;
  } finally {
    client.destroy();
  }
};

const create = async (node: NodeProcess, applicationName: string) => {
  const client = node.client();
  await client.send(new CreateApplicationCommand({ applicationName }));
  client.destroy();
};

test(
  "a data folder moves into a database and back, with its keys and its audit log, and is not served twice",
  { skip: whyNoPostgres, timeout: 120_000 },
  async (t) => {
    const postgres = await Postgres.open(t);
    const database = await postgres.database();
    const folder = mkdtempSync(join(tmpdir(), "sluice-move-"));
    const alone = new NodeProcess(folder, "alone");
    const node = new NodeProcess(folder, "node", database);
    const back = new NodeProcess(folder, "back");
    t.after(async () => {
      await Promise.all([alone, node, back].map((each) => each.end("SIGKILL")));
      removeFolder(folder);
    });
    await alone.start();
    await create(alone, "before");
    assert.match((await sluice(["move", "--to", database, "--data", alone.dataFolder])).said, /a server uses it/);
    await alone.end("SIGTERM");

    const key = join(folder, "key");
    const moved = await sluice(["move", "--to", database, "--data", alone.dataFolder, "--key", key]);
    assert.equal(moved.code, 0, moved.said);
    assert.match(
      (await sluice(["server", "--data", alone.dataFolder, "--port", "0"])).said,
      /it was moved to postgres:/,
    );
    const again = await sluice(["move", "--to", database, "--data", alone.dataFolder, "--key", key]);
    assert.match(again.said, /a house is there already/);

    await node.start();
    await eventually("the node writes", async () => node.writes || undefined);
    assert.deepEqual(node.endpoint.credentials, alone.endpoint.credentials, "the administrator's key is the same");
    await create(node, "between");
    assert.deepEqual(await applicationsAt(node), ["before", "between"]);
    const nodes = await sluice(["nodes"], { SLUICE_DATABASE: database });
    assert.match(nodes.said, /^http:\/\/127\.0\.0\.1:\d+ +writes, since .*version \d/m);
    assert.equal(nodes.code, 0);

    const copied = await sluice(["move", "--to", back.dataFolder, "--key", key], { SLUICE_DATABASE: database });
    assert.match(copied.said, /A node writes still/);
    assert.equal(await node.end("SIGTERM"), 0);
    await back.start();
    await create(back, "after");
    assert.deepEqual(await applicationsAt(back), ["after", "before", "between"].toSorted());
    const audit = await sluice(["audit", "--data", back.dataFolder]);
    assert.equal(audit.code, 0, audit.said);
    assert.match(audit.said, /The log is as it was written/);
  },
);

test(
  "who has another key cannot follow, and is told so in one sentence",
  { skip: whyNoPostgres, timeout: 60_000 },
  async (t) => {
    const postgres = await Postgres.open(t);
    const database = await postgres.database();
    const folder = mkdtempSync(join(tmpdir(), "sluice-key-"));
    const node = new NodeProcess(folder, "node", database);
    t.after(async () => {
      await node.end("SIGKILL");
      removeFolder(folder);
    });
    await node.start();
    const stranger = ["server", "--database", database, "--port", "0", "--data", join(folder, "stranger")];
    assert.match(
      (await sluice(stranger)).said,
      /^sluice: Cannot follow: the key file ".*" is not there\. Copy it from another node/,
    );
    writeFileSync(join(folder, "other"), `${"A".repeat(43)}=`);
    assert.match(
      (await sluice([...stranger, "--key", join(folder, "other")])).said,
      /another key than that of ".*other"/,
    );
  },
);
