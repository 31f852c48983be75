import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { openIdentities } from "../../identity/identities.ts";
import { withHostSetup } from "./host-setup.ts";

const host = {
  arn: "arn:aws:iam::123456789012:user/AWS/CodeDeploy/db-1",
  instance: "arn:aws:codedeploy:eu-west-1:123456789012:instance/db-1_1",
};

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-setup-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("a registration that breaks off leaves nothing: no key, no line in the log, and a token that is good still", async (t) => {
  const dataFolder = folderOf(t);
  const identities = await openIdentities({ dataFolder, accountId: "123456789012", clock: () => 0 });
  t.after(() => identities.close());
  const options = {
    identities,
    region: "eu-west-1",
    clock: () => 0,
    agentBundle: "",
    onDefect: (error: unknown) => assert.fail(String(error)),
  };
  const server = createServer(withHostSetup(() => assert.fail("another page was asked for"), options));
  t.after(() => server.close());
  await new Promise<void>((listens) => server.listen(0, "127.0.0.1", listens));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const { token } = await identities.newRegistration(host);
  const record = () => identities.audit.read({ since: 0, after: 0, count: 10 }).map(({ operation }) => operation);

  for (const sent of [token.slice(0, 20), token]) {
    const arrived = once(server, "connection");
    const socket = connect(port, "127.0.0.1");
    const [peer] = await arrived;
    const gone = new Promise((closed) => (peer as Socket).on("error", () => {}).once("close", closed)); // what arrives
    socket.write(`POST /hosts/register HTTP/1.1\r\nhost: x\r\ncontent-length: ${token.length + 1}\r\n\r\n${sent}`);
    await once(server, "request");
    socket.destroy();
    await gone;
  }
  assert.deepEqual(record(), []);

  const redeemed = await fetch(`http://127.0.0.1:${port}/hosts/register`, { method: "POST", body: token });
  assert.equal(redeemed.status, 200);
  assert.equal(redeemed.headers.get("x-content-type-options"), "nosniff");
  const keys = [...(await redeemed.text()).matchAll(/aws_access_key_id: (\S+)/g)].map(([, id = ""]) => id);
  assert.equal(identities.find(keys[0] ?? "")?.principal.arn, host.arn);
  assert.deepEqual(record(), ["RedeemHostRegistration"]);
});

const script = join(import.meta.dirname, "setup.sh");

/** What the script says before it does anything: the certificate that it is given does not exist. */
function setUp(root: string, ...words: readonly string[]): string {
  const all = [script, "--root", root, "--ca", join(root, "none.pem"), ...words];
  const { status, stderr } = spawnSync("sh", all, { encoding: "utf8", env: { ...process.env, SLUICE_TOKEN: "t" } });
  assert.equal(status, 1, stderr);
  return stderr;
}

test("a host is not set up over plain HTTP beyond loopback, unless whoever does it says --insecure", (t) => {
  const root = folderOf(t);
  const isLetIn = (...words: readonly string[]) => /none\.pem cannot be read/.test(setUp(root, ...words));

  for (const url of [
    "http://192.0.2.1:4566",
    "http://10.0.0.1",
    "http://sluice.example.com/sub",
    "http://127.0.0.1.example.com:4566",
    "http://localhost.example.com",
    "http://[::1].example.com",
  ]) {
    assert.match(
      setUp(root, "--url", url),
      /has no TLS, so that whoever is on the way can have anything run as root on the host, and learns its key/,
    );
    assert(isLetIn("--url", url, "--insecure"), url);
  }
  for (const url of [
    "http://127.0.0.1:4566",
    "http://localhost",
    "http://localhost:1/sub",
    "http://a.localhost:1",
    "http://[::1]",
    "http://[::1]:4566",
    "https://192.0.2.1",
    "https://sluice.example.com:8443/sub",
  ])
    assert(isLetIn("--url", url), url);
  for (const url of ["http://localhost@192.0.2.1", "http://localhost'; id; '", "ftp://localhost", "localhost"])
    assert.match(setUp(root, "--url", url, "--insecure"), /the address '.*' cannot be used: an http or https URL /);
});

test("what root is to run is for root alone to change, whatever umask the host is set up with", (t) => {
  const root = folderOf(t);
  const words = ["-c", 'umask 0; exec sh "$@"', "sh", script, "--root", root, "--url", "http://127.0.0.1:1"];

  const { stderr } = spawnSync("sh", words, { encoding: "utf8", env: { ...process.env, SLUICE_TOKEN: "t" } });

  assert.match(stderr, /no agent at http:\/\/127\.0\.0\.1:1/); // nobody serves there, and the folders are made before
  for (const folder of ["opt/codedeploy-agent/bin", "etc/codedeploy-agent/conf"])
    assert.equal(statSync(join(root, folder)).mode & 0o022, 0);
});

test("a host that has the agent's package needs neither Node nor a download, and its unit stays the package's", (t) => {
  const root = folderOf(t);
  const lay = (place: string, text: string) => {
    mkdirSync(join(root, dirname(place)), { recursive: true });
    writeFileSync(join(root, place), text, { mode: 0o755 });
  };
  lay("opt/codedeploy-agent/bin/codedeploy-agent", "#!/bin/sh\n");
  lay("usr/lib/systemd/system/codedeploy-agent.service", "");
  lay("no-node/node", "#!/bin/sh\nexit 1\n");
  lay("no-node/curl", '#!/bin/sh\ncat > /dev/null\necho "region: us-east-1" > "$3"\n'); // curl -fsS -o FILE …
  const env = { ...process.env, SLUICE_TOKEN: "t", PATH: `${join(root, "no-node")}:${process.env["PATH"]}` };

  const words = [script, "--root", root, "--url", "http://127.0.0.1:1"];
  const { stdout, stderr } = spawnSync("sh", words, { encoding: "utf8", env });

  assert.equal(stderr, "");
  assert.match(stdout, /^Asking for a key\nInstalled\. Start the agent with: systemctl restart codedeploy-agent\n$/);
  assert(!existsSync(join(root, "etc/systemd")));
});
