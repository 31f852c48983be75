import assert from "node:assert/strict";
import { type IncomingMessage, request } from "node:http";
import { test } from "node:test";
import { key, openDoor } from "../../test/fixtures/open-door.ts";
import { Fault } from "../fault.ts";
import type { Service } from "../service/service.ts";
import { signatureOfV2Link } from "../signature/signature-v2.ts";

const functionHost = "abc.lambda-url.eu-west-1.localhost";

/** A service that answers with a page that somebody has written. */
const written = (about: Partial<Service>): Service => ({
  name: "s3",
  signingNames: [],
  targetPrefixes: [],
  protocol: "rest-xml",
  bodyBytesMax: 1000,
  serve: async ({ path }) => {
    if (path.endsWith("/none")) throw new Fault("NoSuchKey", "<x:script/>", { status: 404 });
    return { status: 200, headers: { "content-type": "text/html" }, body: "<script>alert(1)</script>" };
  },
  refuse: ({ message }) => ({ status: 404, headers: { "content-type": "application/xml" }, body: message }),
  ...about,
});

test("a page that somebody has put into a service is a stranger's to a browser, wherever its link leads", async (t) => {
  const own = { name: "function", signingNames: [], servesHost: (name: string) => name === functionHost };
  const services = [written({ signingNames: ["s3"] }), written(own)];
  const { port } = await openDoor(t, { services });
  const policyOf = async (path: string, host: string) => {
    const query = new URLSearchParams({ Expires: "9999999999", AWSAccessKeyId: key.accessKeyId });
    query.set("Signature", signatureOfV2Link({ method: "GET", path, query, headers: {} }, key.secretAccessKey));
    const { headers, statusCode } = await new Promise<IncomingMessage>((resolve, reject) => {
      const link = `${path}?${query.toString()}`;
      request({ port, host: "127.0.0.1", path: link, headers: { host } }, resolve).on("error", reject).end();
    });
    return [statusCode, String(headers["content-security-policy"]).replace(/ .*/, "")];
  };

  assert.deepEqual(await policyOf("/bucket/page.html", "127.0.0.1"), [200, "sandbox"]);
  assert.deepEqual(await policyOf("/bucket/none", "localhost"), [404, "sandbox"]);
  assert.deepEqual(await policyOf("/bucket/page.html", functionHost), [200, "undefined"], "an origin of its own");
});
