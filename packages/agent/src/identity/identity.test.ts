import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readConfiguration } from "../config.ts";
import { findIdentity } from "./identity.ts";

function fixture(t: TestContext, { onPremises, settings = "" }: { onPremises?: string; settings?: string } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-identity-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "c.yml"), `on_premises_config_file: ${folder}/onpremises.yml\n${settings}`);
  if (onPremises !== undefined) writeFileSync(join(folder, "onpremises.yml"), onPremises);
  return { folder, configuration: readConfiguration(join(folder, "c.yml")).configuration };
}

interface MetadataOptions {
  readonly tokens: boolean;
  readonly role?: boolean;
}

/** The instance's metadata service as AWS documents it. Tokens run out after two uses. */
async function metadata(t: TestContext, { tokens, role = true }: MetadataOptions) {
  const asked: string[] = [];
  let token = 0;
  let uses = 0;
  const answers: Readonly<Record<string, string>> = {
    "/latest/dynamic/instance-identity/document":
      '{"region":"cn-north-1","accountId":"123456789012","instanceId":"i-0123"}',
    "/latest/meta-data/services/partition": "aws-cn",
    ...(role
      ? {
          "/latest/meta-data/iam/security-credentials/": "web",
          "/latest/meta-data/iam/security-credentials/web":
            '{"AccessKeyId":"ASIA","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"}',
        }
      : {}),
  };
  const server = createServer((request, response) => {
    const url = request.url ?? "";
    asked.push(`${request.method} ${url}`);
    if (request.method === "PUT") {
      uses = 0;
      response.writeHead(tokens ? 200 : 403).end(tokens ? `token-${(token += 1)}` : "");
    } else if (tokens && (request.headers["x-aws-ec2-metadata-token"] !== `token-${token}` || (uses += 1) > 2)) {
      response.writeHead(401).end();
    } else {
      response.writeHead(answers[url] === undefined ? 404 : 200).end(answers[url] ?? "");
    }
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  t.after(() => server.close());
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
  return { asked, environment: { AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint } };
}

const user =
  "iam_user_arn: arn:aws:iam::1:user/x\nregion: eu-west-1\naws_access_key_id: AKIA\naws_secret_access_key: secret\n";

test("the on-premises file names a user with a key, in both styles of keys", async (t) => {
  for (const text of [user, user.replaceAll(/^/gm, ":").replace(/:$/, "")]) {
    const { hostIdentifier, region, credentials } = await findIdentity(
      fixture(t, { onPremises: text }).configuration,
      {},
    );

    assert.deepEqual([hostIdentifier, region], ["arn:aws:iam::1:user/x", "eu-west-1"]);
    assert.deepEqual(await credentials(), { accessKeyId: "AKIA", secretAccessKey: "secret" });
  }
});

test("the on-premises file names a session, whose key lies in a file of its own", async (t) => {
  const { folder, configuration } = fixture(t);
  writeFileSync(
    join(folder, "onpremises.yml"),
    `iam_session_arn: arn:aws:sts::1:assumed-role/r/s\nregion: eu-west-1\naws_credentials_file: ${folder}/credentials\n`,
  );
  writeFileSync(
    join(folder, "credentials"),
    "[other]\naws_access_key_id = no\n[default]\naws_access_key_id = ASIA\naws_secret_access_key = s\naws_session_token = t\n",
  );

  const { hostIdentifier, credentials } = await findIdentity(configuration, {});

  assert.equal(hostIdentifier, "arn:aws:sts::1:assumed-role/r/s");
  assert.deepEqual(await credentials(), { accessKeyId: "ASIA", secretAccessKey: "s", sessionToken: "t" });
  rmSync(join(folder, "credentials"));
  const again = await findIdentity(configuration, {});
  await assert.rejects(async () => again.credentials(), {
    message: `Failed to load credentials from path ${folder}/credentials`,
  });
});

test("an on-premises file that is wrong is refused in the official agent's words", async (t) => {
  const cases: readonly (readonly [string, string | RegExp])[] = [
    [
      `${user}iam_session_arn: x\n`,
      "On Premises config cannot contain both 'iam_user_arn' and 'iam_session_arn' keys.",
    ],
    [
      "iam_user_arn: x\nregion: r\naws_access_key_id: a\n",
      "'aws_secret_access_key' key is required when 'iam_user_arn' is provided.",
    ],
    ["iam_session_arn: x\nregion: r\n", "'aws_credentials_file' key is required when 'iam_session_arn' is provided."],
    [
      "a: b: c\n",
      /^The deployment failed because the format of the following on-premises configuration file is invalid: .*onpremises\.yml$/,
    ],
  ];
  for (const [onPremises, message] of cases) {
    const { configuration } = fixture(t, { onPremises });
    await assert.rejects(findIdentity(configuration, {}), { message });
  }
});

test("the environment says who the host is, without any file", async (t) => {
  const environment = {
    AWS_REGION: "eu-west-1",
    AWS_HOST_IDENTIFIER: "my-host-1",
    AWS_ACCESS_KEY: "AKIA",
    AWS_SECRET_KEY: "secret",
  };

  const { hostIdentifier, region, credentials } = await findIdentity(fixture(t).configuration, environment);

  assert.deepEqual(
    [hostIdentifier, region, await credentials()],
    ["my-host-1", "eu-west-1", { accessKeyId: "AKIA", secretAccessKey: "secret" }],
  );
});

test("an instance learns from its metadata who it is and which key it has, by tokens that are renewed when they run out", async (t) => {
  const { asked, environment } = await metadata(t, { tokens: true });

  const { hostIdentifier, region, credentials } = await findIdentity(fixture(t).configuration, environment);

  assert.deepEqual([hostIdentifier, region], ["arn:aws-cn:ec2:cn-north-1:123456789012:instance/i-0123", "cn-north-1"]);
  assert.deepEqual(await credentials(), { accessKeyId: "ASIA", secretAccessKey: "s", sessionToken: "t" });
  assert.deepEqual(asked.filter((one) => one.startsWith("PUT")).length, 2);
  const before = asked.length;
  await credentials();
  assert.equal(asked.length, before, "a key that is good for long is not asked for again");
});

test("an older metadata service without tokens is used, unless the configuration forbids it", async (t) => {
  const { environment } = await metadata(t, { tokens: false });

  assert.equal((await findIdentity(fixture(t).configuration, environment)).region, "cn-north-1");
  await assert.rejects(
    findIdentity(fixture(t, { settings: "disable_imds_v1: true\n" }).configuration, environment),
    /Cannot get a token from the instance metadata service at http:.*: status 403/,
  );
});

test("an instance without a role is told what it lacks", async (t) => {
  const { environment } = await metadata(t, { tokens: true, role: false });
  const { credentials } = await findIdentity(fixture(t).configuration, environment);

  await assert.rejects(credentials(), {
    message: "Missing credentials - please check if this instance was started with an IAM instance profile",
  });
});
