import assert from "node:assert/strict";
import { cpSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test, type TestContext } from "node:test";
import { eventually } from "../support/eventually.ts";
import { SluiceProcess } from "../support/sluice-process.ts";

const example = resolve(import.meta.dirname, "../../examples/hello");

/** A Sluice whose example runs on two instances, and a copy of the example to change. */
async function openExample(t: TestContext) {
  const sluice = new SluiceProcess(t, ["--instances", "2", "--driver", "plain"]);
  await sluice.open();
  await sluice.printed(/The example application runs/);
  const mine = join(sluice.folder, "mine");
  cpSync(example, mine, { recursive: true });
  return { sluice, mine };
}

test(
  "a failed deployment is explained with its cause, its rule and what changed, for people and as JSON",
  { timeout: 120_000 },
  async (t) => {
    const { sluice, mine } = await openExample(t);
    writeFileSync(
      join(mine, "scripts/validate.sh"),
      "#!/bin/sh\necho the database at 10.0.0.$$ is not there >&2\nexit 3\n",
    );
    const failed = await sluice.cli("deploy", mine);
    const [id = ""] = /d-[A-Z0-9]{9}/.exec(failed.stdout) ?? [];

    const explained = await sluice.cli("explain", id);
    const asJson = await sluice.cli("explain", id, "--json");
    const unknown = await sluice.cli("explain", "d-NOTTHERE0");
    const happened = await sluice.cli("events", id, "--follow");
    const ends = await sluice.cli("events", id, "--kind", "deployment", "--json");
    const noKind = await sluice.cli("events", "--kind", "weather");

    assert.equal(explained.code, 3);
    assert.match(explained.stdout, /^Stopped: [12] of 2 failed, (as many as|at most \d) may be unavailable under /);
    assert.match(explained.stdout, /ValidateService: \S*validate\.sh ended with exit code 3/);
    assert.match(explained.stdout, /\| .*the database at 10\.0\.0\.\d+ is not there/);
    assert.match(explained.stdout, /revision: s3:\/\/\S+.* → s3:\/\//);
    assert.match(explained.stdout, new RegExp(`sluice retry ${id}`));
    const json = JSON.parse(asJson.stdout) as {
      readonly sentence: string;
      readonly causes: readonly unknown[];
      readonly rule: { readonly total: number };
      readonly text: readonly string[];
    };
    assert.equal(asJson.code, 3);
    assert.equal(json.causes.length, 1, "the same failure on both hosts is one cause");
    assert.equal(json.rule.total, 2);
    assert.equal(explained.stdout.split("\n")[0], json.sentence, "the same words everywhere");
    assert.equal(explained.stdout.trimEnd(), json.text.join("\n"));
    assert.match(
      happened.stdout,
      /^\S+Z {2}i-\w+ ValidateService: InProgress → Failed {2}\(.*exit code 3, by host\)$/m,
    );
    const statuses = ends.stdout
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { readonly to: string }).to);
    assert.deepEqual(statuses, ["Created", "InProgress", "Failed"]);
    assert.match(noKind.stderr, /There is no kind of event "weather": expected deployment, targets, target/);
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /The deployment d-NOTTHERE0 could not be found/);
  },
);

test(
  "a deployment is planned, its failure is tried again, and the group goes back to what ran before",
  { timeout: 180_000 },
  async (t) => {
    const { sluice, mine } = await openExample(t);
    const before = JSON.parse((await sluice.cli("status", "--json")).stdout) as readonly Status[];
    const [made] = before;
    assert(made?.revision !== undefined);
    const { application, group, revision } = made;

    const planned = await sluice.cli("plan", application, group, "--json");
    const slow = await sluice.cli(
      "plan",
      application,
      group,
      "--deployment-config-name",
      "CodeDeployDefault.OneAtATime",
    );
    const troubled = await sluice.cli("plan", application, group, "--fail", "2");
    const unknown = await sluice.cli("plan", application, group, "--fail", "i-nobody");
    writeFileSync(join(mine, "scripts/validate.sh"), "#!/bin/sh\nexit 3\n");
    const failed = await sluice.cli("deploy", mine);
    const [id = ""] = /d-[A-Z0-9]{9}/.exec(failed.stdout) ?? [];
    const retried = await sluice.cli("retry", id, "--json");
    const { deploymentId } = JSON.parse(retried.stdout) as { readonly deploymentId: string };
    const watched = await sluice.cli("watch", deploymentId);
    const tooEarly = await sluice.cli("rollback", group, "--application", application, "--to", "s3://nobody/has.this");
    const back = await sluice.cli("rollback", group, "--application", application);
    const again = await sluice.cli("retry", /d-[A-Z0-9]{9}/.exec(back.stdout)?.[0] ?? "");
    const after = await sluice.cli("status");

    assert.equal(planned.code, 0);
    const plan = JSON.parse(planned.stdout) as {
      readonly outcome: string;
      readonly targets: readonly { readonly wave?: number }[];
      readonly waves: readonly { readonly targets: readonly string[] }[];
      readonly basis: string;
    };
    assert.equal(plan.outcome, "Succeeded");
    assert.equal(plan.targets.length, 2);
    assert(plan.targets.every(({ wave }) => wave !== undefined));
    assert.match(plan.basis, /medians of d-/);
    assert.match(slow.stdout, /^Would succeed: 2 targets in 2 waves, .*CodeDeployDefault\.OneAtATime/s);
    assert.equal(troubled.code, 3);
    assert.match(
      troubled.stdout,
      /^Would end as Failed after .*failed, (as many as|at most \d) may be unavailable under/,
    );
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /"i-nobody" is none of its 2 hosts/);
    assert.equal(watched.code, 1, "the same revision fails again");
    assert.match(
      tooEarly.stderr,
      /No deployment of this group had the revision "s3:\/\/nobody\/has\.this". It had: s3:/,
    );
    assert.equal(back.code, 0, `${back.stdout}${back.stderr}`);
    assert.match(again.stderr, /All 2 targets of d-\S+ have succeeded: there is nothing to try again/);
    assert(after.stdout.includes(`2 hosts: ${revision}`), after.stdout);
  },
);

test(
  "what scripts print is there while they run, line by line, and can be searched over all targets",
  { timeout: 120_000 },
  async (t) => {
    const { sluice, mine } = await openExample(t);
    const gate = join(sluice.folder, "gate");
    const many = "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; done";
    writeFileSync(
      join(mine, "scripts/validate.sh"),
      `#!/bin/sh\necho before the gate\n${many}\nwhile [ ! -e ${gate} ]; do sleep 0.1; done\necho behind the gate >&2\n`,
    );
    const deploying = sluice.cli("deploy", mine);
    const running = await eventually(
      "the lines of a script that still runs",
      async () => {
        const listed = JSON.parse((await sluice.cli("status", "--json")).stdout) as readonly {
          readonly last?: { readonly deploymentId: string; readonly status: string };
        }[];
        const { last } = listed[0] ?? {};
        if (last?.status !== "InProgress") return undefined;
        const { stdout } = await sluice.cli("logs", last.deploymentId, "--grep", "LINE 3000");
        return stdout.includes("| line 3000") ? { id: last.deploymentId, stdout } : undefined;
      },
      60,
    );
    const following = sluice.cli("logs", running.id, "--event", "ValidateService", "--follow", "--json");
    writeFileSync(gate, "");
    const deployed = await deploying;
    const followed = await following;

    assert.match(
      running.stdout,
      /^\S+ ValidateService 30\d\d\| line 3000$/m,
      "it is there while the script still runs",
    );
    assert.equal(deployed.code, 0, deployed.stdout);
    const lines = followed.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Line);
    const targets = [...new Set(lines.map(({ target }) => target))];
    for (const target of targets) {
      const own = lines.filter((line) => line.target === target);
      assert.deepEqual(
        own.map(({ line }) => line),
        own.map((_, place) => place + 1),
        "every line is there once",
      );
      assert.equal(own.filter(({ text }) => /^line \d+$/.test(text)).length, 3_000);
      const last = own.findLast(({ text }) => text === "behind the gate");
      assert.equal(last?.stream, "stderr");
      assert.match(last?.script ?? "", /validate\.sh$/);
    }
    assert.equal(targets.length, 2);
  },
);

interface Line {
  readonly target: string;
  readonly line: number;
  readonly text: string;
  readonly stream?: string;
  readonly script?: string;
}

interface Status {
  readonly application: string;
  readonly group: string;
  readonly revision?: string;
}
