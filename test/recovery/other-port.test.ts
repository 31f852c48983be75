import assert from "node:assert/strict";
import { test } from "node:test";
import { whyNoNamespaces } from "../support/why-no-namespaces.ts";
import { House } from "../house.ts";
import { LedgerHost } from "./ledger.ts";

const skip = await whyNoNamespaces();

test(
  "an instance goes on at the port that it knows when the server has come back at another one",
  { skip, timeout: 120_000 },
  async (t) => {
    const house = new House(t, ["--no-example", "--driver", "ns"]);
    await house.open();
    const host = await LedgerHost.launch(house);
    assert.equal((await host.end(await host.deploy()))?.status, "Succeeded");
    const known = house.port;

    await house.kill();
    house.port = 0;
    await house.open();

    assert.notEqual(house.port, known);
    assert.equal((await host.end(await host.deploy()))?.status, "Succeeded");
  },
);
