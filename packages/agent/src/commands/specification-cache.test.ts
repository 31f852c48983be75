import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { specification } from "../../test/agent-host.ts";
import { hasOpenssl, Openssl, type Party } from "../../test/openssl.ts";
import type { Trust } from "../protocol/signed-content.ts";
import { SpecificationCache } from "./specification-cache.ts";

const skip = !hasOpenssl && "needs openssl";
const hostIdentifier = "arn:aws:iam::123456789012:user/host";
const deploymentId = "d-AAAAAAAA1";
const deploymentExecutionId = `CodeDeploy/us-east-1/Prod/arn:aws:sds:us-east-1:1:deployment/${deploymentId}`;
const unendedAtFirst = ["ApplicationStop", "DownloadBundle", "Install"];

const signerOf = ({ certificate }: Party): string => {
  const key = new X509Certificate(readFileSync(certificate)).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(key).digest("hex");
};

/** A host that has pinned its control plane's signer, and what that control plane answers: with a binding, unless a test has somebody exchange it. */
function fixture(t: TestContext) {
  const openssl = new Openssl((clean) => t.after(clean));
  const [pinned, next] = [openssl.party("pinned"), openssl.party("next")];
  const plane = {
    party: pinned,
    revision: {},
    events: unendedAtFirst as readonly string[],
    now: 0,
    answers: [] as string[],
    /** Puts an answer in the place of the right one. */
    exchange: (answer: string, _nonce: string | undefined): string => answer,
    sign: (content: object) => openssl.sign(JSON.stringify(content), plane.party),
    content: (nonce: string | undefined, host = hostIdentifier, group = "group") => ({
      ...specification(deploymentId, { group, ...plane.revision }),
      ...(nonce === undefined
        ? {}
        : { Binding: { HostIdentifier: host, Nonce: nonce, LifecycleEvents: plane.events } }),
    }),
  };
  const service = {
    async specification(_: string, nonce?: string) {
      const payload = plane.exchange(plane.sign(plane.content(nonce)), nonce);
      plane.answers.push(payload);
      return { format: "PKCS7/JSON", payload };
    },
  };
  const start = (trust: Trust = { signers: [signerOf(pinned)] }) => {
    const retry = <Answer>(call: () => Promise<Answer>) => call();
    return new SpecificationCache({ service, retry, hostIdentifier, trust, clock: () => plane.now });
  };
  return { plane, start, next, signers: [pinned, next].map(signerOf) };
}

let count = 0;

/** A command arrives, under an identifier that the host has not seen. */
const take = (specifications: SpecificationCache, name: string) =>
  specifications.fetch({ identifier: `command-${(count += 1)}`, deploymentExecutionId, name }).specification;

const exchanged = /^Error: Cannot trust the deployment specification: it was made as the answer to another question /;
const unwanted = /^Error: Cannot trust the command ".*": the control plane does not want it run here for deployment /;

test("an answer to an earlier question is refused, in this life of the agent and in the next", { skip }, async (t) => {
  const { plane, start } = fixture(t);
  await take(start(), "Install");
  const [recorded = ""] = plane.answers;
  plane.exchange = () => recorded;

  const specifications = start();
  await assert.rejects(take(specifications, "Install"), exchanged);
  await assert.rejects(take(specifications, "Install"), exchanged);
});

test("what was made for another host or said of another group before is refused", { skip }, async (t) => {
  const { plane, start } = fixture(t);
  let other = "";
  plane.exchange = (answer, nonce) => {
    other = plane.sign(plane.content(nonce, hostIdentifier, "another-group"));
    return answer;
  };
  await take(start(), "Install");

  plane.exchange = () => other;
  await assert.rejects(take(start(), "Install"), exchanged);
  plane.exchange = (_, nonce) => plane.sign(plane.content(nonce, `${hostIdentifier}-2`));
  await assert.rejects(take(start(), "Install"), /it is for the host ".*host-2", and this is ".*host"$/);
});

test("whoever has pinned a signer takes nothing unbound from it", { skip }, async (t) => {
  const { plane, start } = fixture(t);
  plane.exchange = () => plane.sign(plane.content(undefined));

  await assert.rejects(
    take(start(), "Install"),
    /^Error: Cannot trust the deployment specification: it does not say for which host and as the answer to what /,
  );
});

test(
  "without a pin nothing is asked for that AWS's service does not know, and one answer serves a deployment",
  { skip },
  async (t) => {
    const { plane, start } = fixture(t);
    plane.exchange = (answer, nonce) => {
      assert.equal(nonce, undefined);
      return answer;
    };
    const specifications = start({});

    for (const name of ["Install", "Install", "AfterInstall"]) await take(specifications, name);
    plane.now += 86_400_000;
    await take(specifications, "Install");

    assert.equal(plane.answers.length, 1);
  },
);

test("a command that the control plane does not want run, or has told already, is refused", { skip }, async (t) => {
  const { plane, start } = fixture(t);
  const specifications = start();
  await take(specifications, "ApplicationStop");
  plane.events = ["Install"];

  // It has ended: whoever says it again has made it up.
  await assert.rejects(take(specifications, "ApplicationStop"), unwanted);
  await assert.rejects(take(specifications, "AfterInstall"), unwanted);
  await take(specifications, "Install");
  plane.events = [];
  await assert.rejects(take(specifications, "Install"), unwanted);
});

test(
  "a command that the control plane still waits for is run once all the same, however often it is asked",
  { skip },
  async (t) => {
    const { plane, start } = fixture(t);
    const specifications = start();
    await take(specifications, "Install");
    const asked = plane.answers.length;

    // The control plane has not heard of its end yet: a new specification names it still.
    await assert.rejects(take(specifications, "Install"), unwanted);
    plane.now += 121_000;
    await assert.rejects(take(specifications, "Install"), unwanted);
    plane.exchange = () => "nothing";
    await assert.rejects(take(specifications, "AfterInstall"), /Could not parse the PKCS7/);
    plane.exchange = (answer) => answer;
    await assert.rejects(take(specifications, "Install"), unwanted);
    assert(plane.answers.length > asked);

    const restarted = start();
    restarted.noteTakenUp({ identifier: "kept", deploymentExecutionId, name: "Install" });
    await assert.rejects(take(restarted, "Install"), unwanted);
    await take(restarted, "ApplicationStop");
  },
);

test("the same command twice while its specification is on its way is run once", { skip }, async (t) => {
  const { start } = fixture(t);
  const specifications = start();

  const both = await Promise.allSettled([take(specifications, "Install"), take(specifications, "Install")]);

  assert.deepEqual(
    both.map(({ status }) => status),
    ["fulfilled", "rejected"],
  );
});

test(
  "a specification serves the commands of two minutes, and the download of an object that may have become another one none",
  { skip },
  async (t) => {
    const { plane, start } = fixture(t);
    const asksFor = async (named: object) => {
      const S3Revision = { Bucket: "b", Key: "k", BundleType: "tar", ...named };
      plane.revision = { Revision: { RevisionType: "S3", S3Revision } };
      plane.answers = [];
      const specifications = start();
      await take(specifications, "ApplicationStop");
      await take(specifications, "DownloadBundle");
      const atOnce = plane.answers.length;
      plane.now += 119_000;
      await take(specifications, "Install");
      assert.equal(plane.answers.length, atOnce);
      plane.events = ["AfterInstall", "ApplicationStart"];
      await take(specifications, "AfterInstall");
      plane.now += 121_000;
      await take(specifications, "ApplicationStart");
      plane.events = unendedAtFirst;
      return [atOnce, plane.answers.length - atOnce];
    };

    for (const named of [{ Version: "1" }, { ETag: "e" }]) assert.deepEqual(await asksFor(named), [1, 2]);
    assert.deepEqual(await asksFor({}), [2, 2]);
  },
);

test(
  "while a signer takes the place of another one, both are obeyed, and afterwards the new one alone",
  { skip },
  async (t) => {
    const { plane, start, next, signers } = fixture(t);
    await take(start({ signers }), "Install");

    plane.party = next;
    await take(start({ signers }), "Install");
    await take(start({ signers: signers.slice(1) }), "Install");
    await assert.rejects(
      take(start({ signers: signers.slice(0, 1) }), "Install"),
      /its signer is not the one that trusted_signer names/,
    );
  },
);
