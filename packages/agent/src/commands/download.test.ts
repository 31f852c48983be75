import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { specification } from "../../test/agent-host.ts";
import { tgz } from "../../test/archives.ts";
import { downloadFixture, listen } from "../../test/download-fixture.ts";
import { readConfiguration } from "../config.ts";
import { openDeploymentFolders } from "../deployment/deployment-folders.ts";
import { downloadRevision } from "./download.ts";
import { specificationOf } from "../protocol/specification.ts";

const bytes = tgz([{ name: "appspec.yml", content: "version: 0.0\nos: linux\n" }]);
const sha256 = createHash("sha256").update(bytes).digest("hex");
const bound = { HostIdentifier: "host", Nonce: "nonce", LifecycleEvents: ["DownloadBundle"] };

/** Downloads a revision from an address of this host. Returns the text of its AppSpec file; undefined when it is not there. */
async function obtain(t: TestContext, at: string, binding: object | undefined): Promise<string | undefined> {
  const { folder, requests } = downloadFixture(t);
  const { port } = new URL(await listen(t, (_, response) => response.writeHead(200, { etag: '"e"' }).end(bytes)));
  const endpoint = `http://${at}:${port}`;
  const found = specificationOf({ ...specification("d-AAAAAAAA1"), Binding: binding });
  const folders = openDeploymentFolders(join(folder, "root"), found);
  const credentials = async () => ({ accessKeyId: "AKIA", secretAccessKey: "secret" });
  await downloadRevision(
    {
      configuration: { ...readConfiguration("/dev/null").configuration, s3EndpointOverride: endpoint },
      identity: { hostIdentifier: "host", region: "us-east-1", credentials },
      requests,
      log: () => {},
      environment: {},
      trust: {},
    },
    found,
    folders,
  );
  const appSpec = join(folders.archive, "appspec.yml");
  return existsSync(appSpec) ? readFileSync(appSpec, "utf8") : undefined;
}

test("without a digest a pinned host takes no bundle from where others may be on the way", async (t) => {
  const taken = "version: 0.0\nos: linux\n";
  // The address of every network of this host is not its loopback's, and leads there.
  const open = "0.0.0.0";

  assert.equal(await obtain(t, open, { ...bound, RevisionSha256: sha256 }), taken);
  assert.equal(await obtain(t, open, undefined), taken);
  assert.equal(await obtain(t, "127.0.0.1", bound), taken);
  await assert.rejects(
    obtain(t, open, bound),
    /^Error: Cannot trust what has come from http:\/\/0\.0\.0\.0:\d+: the way there is not encrypted, and the control plane does not know the bundle's SHA-256\. Use https for s3_endpoint_override$/,
  );
});
