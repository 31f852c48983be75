import assert from "node:assert/strict";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { key, openDoor, signed } from "../../test/fixtures/open-door.ts";
import type { Service } from "../service/service.ts";
import { signatureOfV2Link } from "../signature/signature-v2.ts";

const host = "abc.lambda-url.eu-west-1.localhost";

/** A service at a host name of its own, which answers with who has asked. */
const atItsHost: Service = {
  name: "own",
  signingNames: [],
  targetPrefixes: [],
  protocol: "rest-json",
  bodyBytesMax: 1000,
  servesHost: (name) => name === host,
  hostScope: "lambda",
  serve: async ({ call }) => ({ status: 200, headers: {}, body: call.principal.arn }),
  refuse: ({ message }) => ({ status: 403, headers: {}, body: message }),
};

/** Returns the principal that the service sees for a request. */
async function asks(
  t: TestContext,
  { path, headers = {} }: { readonly path: string; readonly headers?: Readonly<Record<string, string>> },
) {
  const { port } = await openDoor(t, { services: [atItsHost] });
  const answer = await new Promise<string>((resolve, reject) => {
    const options = { port, host: "127.0.0.1", path, headers: { ...headers, host } };
    request(options, (response) => void text(response).then(resolve, reject))
      .on("error", reject)
      .end();
  });
  return answer;
}

const signedFor = (service: string) => ({
  path: "/",
  headers: signed(`http://${host}`, { method: "GET", service }),
});

test("a link of the old kind says nobody's name at a host of a service's own", async (t) => {
  const query = new URLSearchParams({ Expires: "9999999999", AWSAccessKeyId: key.accessKeyId });
  const link = { method: "GET", path: "/reports/q3.pdf", query, headers: {} };
  query.set("Signature", signatureOfV2Link(link, key.secretAccessKey));

  const name = await asks(t, { path: `/reports/q3.pdf?${query.toString()}` });

  assert.equal(name, "anonymous");
});

test("a signature for another service says nobody's name at a host of a service's own", async (t) => {
  assert.equal(await asks(t, signedFor("s3")), "anonymous");
});

test("a signature for the service of the host says whose it is", async (t) => {
  assert.equal(await asks(t, signedFor("lambda")), "arn:aws:iam::123456789012:user/a");
});
