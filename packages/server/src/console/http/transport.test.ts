import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import { admit } from "./gate.ts";
import { transportOf, whyNotShown } from "./transport.ts";

const port = () => 4566;

/** A request as far as the way is concerned on which it has come. */
const requestOver = (
  { localAddress = "10.0.0.7", remoteAddress = "10.0.0.8", encrypted = false },
  headers: Readonly<Record<string, string>> = {},
) =>
  ({
    socket: { localAddress, remoteAddress, ...(encrypted ? { encrypted } : {}) },
    headers: { host: "sluice.example.com", ...headers },
  }) as unknown as IncomingMessage; // nothing else of it is looked at

const fromHere = { localAddress: "::ffff:127.0.0.1", remoteAddress: "::ffff:127.0.0.1" };

test("over plain HTTP the console is shown to this machine alone, and says how else it is reached", () => {
  const alone = { isBehindProxy: false, port };

  assert.equal(whyNotShown(requestOver(fromHere), alone), undefined);
  assert.equal(whyNotShown(requestOver({ localAddress: "::1", remoteAddress: "::1" }), alone), undefined);
  assert.equal(whyNotShown(requestOver({ encrypted: true }), alone), undefined);
  for (const way of [{}, { localAddress: "127.0.0.1" }, { remoteAddress: "127.0.0.1" }]) {
    const why = whyNotShown(requestOver(way), alone) ?? "";
    for (const remedy of ["--tls", "--console-behind-proxy", "ssh -N -L 4566:127.0.0.1:4566"])
      assert(why.includes(remedy), why);
    assert.throws(() => admit(requestOver(way), alone), { status: 403, code: "PlainHttpFromNetwork" });
  }
});

test("behind a proxy that speaks HTTPS, the page's origin and its cookie are those of HTTPS", () => {
  const behind = { isBehindProxy: true, port };
  const { isSecure, origin } = transportOf(requestOver({}), behind);

  assert.deepEqual([isSecure, origin], [true, "https://sluice.example.com"]);
  assert.equal(admit(requestOver({}, { origin: "https://sluice.example.com" }), behind).isSecure, true);
  assert.throws(() => admit(requestOver({}, { origin: "http://sluice.example.com" }), behind), { code: "ForeignPage" });
});
