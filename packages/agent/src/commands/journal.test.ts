import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Journal, journalFile } from "./journal.ts";
import { succeeded } from "./report.ts";

const command = (identifier: string) => ({ identifier, deploymentExecutionId: "execution", name: "Install" });
const [first, second] = [command("first"), command("second")];

function emptyRoot(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), "sluice-journal-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

const open = (root: string) => new Journal(root, "ongoing");

test("the next life of an agent finds the last state of each command that is not settled, in the order of arrival", (t) => {
  const root = emptyRoot(t);
  const journal = open(root);
  journal.write({ state: "received", command: command("settled") });
  journal.write({ state: "received", command: first });
  journal.write({ state: "received", command: second });
  journal.write({ state: "finished", command: first, outcome: succeeded }, { durable: true });
  journal.settle(command("settled"));

  const found = [
    { state: "finished", command: first, outcome: succeeded },
    { state: "received", command: second },
  ];
  assert.deepEqual(open(root).unsettled(), found);
  assert.deepEqual(open(root).unsettled(), found, "and the life after that");
});

test("a line that was torn takes neither what stood before it nor what follows", (t) => {
  const root = emptyRoot(t);
  const journal = open(root);
  journal.write({ state: "received", command: first });
  appendFileSync(journalFile(root), '\n{"state":"finished","comma');
  journal.write({ state: "received", command: second });

  assert.deepEqual(open(root).unsettled(), [
    { state: "received", command: first },
    { state: "received", command: second },
  ]);
});

test("the file does not grow without end, and keeps what is unsettled", (t) => {
  const root = emptyRoot(t);
  const journal = open(root);
  journal.write({ state: "received", command: first });
  const outcome = { ...succeeded, log: "x".repeat(2048) };

  for (let done = 0; done < 600; done += 1) {
    journal.write({ state: "finished", command: second, outcome });
    journal.settle(second);
  }

  assert(statSync(journalFile(root)).size < 1024 * 1024);
  assert.deepEqual(open(root).unsettled(), [{ state: "received", command: first }]);
});

test("a deployment is tracked until its newest command has ended, and not by the next life of the agent", (t) => {
  const root = emptyRoot(t);
  const journal = open(root);
  const tracking = join(root, "ongoing");
  journal.track("d-AAAAAAAAA", first);
  journal.track("d-AAAAAAAAA", second);

  journal.untrack("d-AAAAAAAAA", first);
  assert(existsSync(join(tracking, "d-AAAAAAAAA")));
  journal.untrack("d-AAAAAAAAA", second);
  assert.deepEqual(readdirSync(tracking), []);

  journal.track("d-BBBBBBBBB", first);
  open(root);
  assert.deepEqual(readdirSync(tracking), []);
});
