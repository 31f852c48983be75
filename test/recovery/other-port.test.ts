import assert from "node:assert/strict";
import { test } from "node:test";
import { whyNoNamespaces } from "../support/why-no-namespaces.ts";
import { SluiceProcess } from "../support/sluice-process.ts";
import { LedgerHost } from "./ledger.ts";

const skip = await whyNoNamespaces();

test(
  "an instance goes on at the port that it knows when the server has come back at another one",
  { skip, timeout: 120_000 },
  async (t) => {
    const sluice = new SluiceProcess(t, ["--no-example", "--driver", "ns"]);
    await sluice.open();
    const host = await LedgerHost.launch(sluice);
    assert.equal((await host.end(await host.deploy()))?.status, "Succeeded");
    const known = sluice.port;

    await sluice.kill();
    sluice.port = 0;
    await sluice.open();

    assert.notEqual(sluice.port, known);
    assert.equal((await host.end(await host.deploy()))?.status, "Succeeded");
  },
);
