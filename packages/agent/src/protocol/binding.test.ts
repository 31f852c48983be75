import assert from "node:assert/strict";
import { test } from "node:test";
import { checkBinding, readBinding } from "./binding.ts";

const deploymentExecutionId = "CodeDeploy/us-east-1/Prod/arn:aws:sds:us-east-1:1:deployment/d-ABCDEF123";
const deploymentId = "d-ABCDEF123";
const hostIdentifier = "arn:aws:iam::123456789012:user/host";
const asked = { deploymentExecutionId, hostIdentifier };
const nonce = "n".repeat(32);
const bound = { hostIdentifier, nonce, lifecycleEvents: ["Install"] };

test("a specification is taken for the deployment that was asked for alone", () => {
  checkBinding({ deploymentId }, asked);
  for (const other of [
    "CodeDeploy/us-east-1/Prod/arn:aws:sds:us-east-1:1:deployment/d-ABCDEF124",
    "a/b/c/xd-ABCDEF123",
    "",
  ])
    assert.throws(
      () => checkBinding({ deploymentId }, { ...asked, deploymentExecutionId: other }),
      /^Error: Cannot trust the deployment specification: it is of deployment d-ABCDEF123, and that of ".*" was asked for$/,
    );
});

test("a bound specification is for this host and the answer to this question, and where one was asked for nothing else will do", () => {
  checkBinding({ deploymentId, binding: bound }, { ...asked, nonce });
  for (const [binding, question, message] of [
    [{ ...bound, hostIdentifier: `${hostIdentifier}2` }, { ...asked, nonce }, /it is for the host ".*host2", and this/],
    [{ ...bound, nonce: "m".repeat(32) }, { ...asked, nonce }, /it was made as the answer to another question/],
    [bound, asked, /it was made as the answer to another question/],
    [undefined, { ...asked, nonce }, /it does not say for which host and as the answer to what it was made/],
  ] as const)
    assert.throws(() => checkBinding({ deploymentId, binding }, question), message);
});

test("a binding is read whole or not at all", () => {
  const written = { HostIdentifier: hostIdentifier, Nonce: nonce, LifecycleEvents: ["Install"] };

  assert.equal(readBinding({ DeploymentId: deploymentId }), undefined);
  assert.deepEqual(readBinding({ Binding: { ...written, RevisionSha256: "AB" } }), { ...bound, revisionSha256: "ab" });
  for (const member of Object.keys(written))
    assert.throws(
      () => readBinding({ Binding: { ...written, [member]: undefined } }),
      /^Error: Binding in Deployment Spec must specify HostIdentifier, Nonce and LifecycleEvents$/,
    );
});
