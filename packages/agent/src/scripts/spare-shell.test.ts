import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { specificationOf } from "../protocol/specification.ts";
import { PreforkedShell } from "./preforked-shell.ts";
import { SpareShell } from "./spare-shell.ts";

const specification = (deployment: string) =>
  specificationOf({
    DeploymentId: deployment,
    DeploymentGroupId: "group",
    DeploymentGroupName: "Prod",
    ApplicationName: "App",
    Revision: { RevisionType: "Local Directory", LocalRevision: { Location: "/x", BundleType: "directory" } },
  });

/** Spares, and every shell that they have opened. */
function spares(t: TestContext) {
  const spare = new SpareShell();
  const opened: PreforkedShell[] = [];
  t.after(() => {
    spare.close();
    for (const shell of opened) shell.close();
  });
  const open = () => {
    const shell = PreforkedShell.open({});
    assert(shell);
    opened.push(shell);
    return shell;
  };
  return { spare, opened, open };
}

test("one shell stands ready for a deployment, and is given once", (t) => {
  const { spare, opened, open } = spares(t);
  const one = specification("d-ONE");

  spare.keep(one, open);
  spare.keep(one, open);

  assert.equal(opened.length, 1);
  assert.equal(spare.take(one), opened[0]);
  assert.equal(spare.take(one), undefined);
});

test("another deployment does not get it, and its own takes the place", async (t) => {
  const { spare, opened, open } = spares(t);
  const [one, other] = [specification("d-ONE"), specification("d-OTHER")];
  spare.keep(one, open);

  const given = spare.take(other);
  spare.keep(other, open);

  assert.equal(given, undefined);
  assert.deepEqual(await opened[0]?.exit, { kind: "exited", code: 1 });
  assert.equal(spare.take(other), opened[1]);
});

test("one that somebody has ended is not given", async (t) => {
  const { spare, opened, open } = spares(t);
  const one = specification("d-ONE");
  spare.keep(one, open);

  process.kill(opened[0]?.process.pid ?? 0, "SIGKILL");
  await opened[0]?.exit;
  await Promise.resolve();

  assert.equal(spare.take(one), undefined);
});

test("one that nobody takes ends by itself", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { spare, opened, open } = spares(t);
  const one = specification("d-ONE");
  spare.keep(one, open);

  t.mock.timers.tick(2_000);

  assert.deepEqual(await opened[0]?.exit, { kind: "exited", code: 1 });
  assert.equal(spare.take(one), undefined);
});
