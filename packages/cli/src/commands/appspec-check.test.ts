import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";

function check(t: TestContext, text: string, ...options: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-appspec-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "appspec.yml"), text);
  const program = join(import.meta.dirname, "../main.ts");
  const { status, stdout } = spawnSync(process.execPath, [program, "appspec", "check", "appspec.yml", ...options], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, stdout };
}

test("a valid file is said to be so, with its warnings", (t) => {
  assert.deepEqual(check(t, "version: 0.0\nos: linux\n"), { status: 0, stdout: "appspec.yml is valid for servers\n" });
  assert.deepEqual(check(t, "version: 0.0\nos: linux\nHooks: {}\n"), {
    status: 0,
    stdout:
      'appspec.yml:3:1: warning unknown-key: The key "Hooks" is ignored: it is spelled "hooks"\nappspec.yml is valid for servers, with 1 warning\n',
  });
});

test("every error is printed with its place, rule and remedy, and the exit code is 1", (t) => {
  const { status, stdout } = check(t, 'version: "0.0"\nos: Linux\nfiles:\n  - source: a\n');

  assert.equal(status, 1);
  assert.equal(
    stdout,
    'appspec.yml:1:10: error E2: The deployment failed because an invalid version value (0.0) was entered in the application specification file. Make sure your AppSpec file specifies "0.0" as the version, and then try again.\n    Remove the quotes: the version is a number\n' +
      'appspec.yml:2:5: error E3: The deployment failed because the application specification file specifies an unsupported operating system (Linux). Specify either "linux" or "windows" in the os section of the AppSpec file, and then try again.\n    Write "linux"\n' +
      "appspec.yml:4:5: error E7: The deployment failed because the application specification file specifies only a source file (a). Add the name of the destination file to the files section of the AppSpec file, and then try again.\n" +
      "appspec.yml has 3 errors\n",
  );
});

test("--json prints the findings for programs", (t) => {
  const { status, stdout } = check(t, "version: 1\nos: linux\n", "--json");

  assert.equal(status, 1);
  const [finding] = JSON.parse(stdout) as readonly Record<string, unknown>[];
  assert.deepEqual(
    [finding?.severity, finding?.rule, finding?.file, finding?.line, finding?.column],
    ["error", "E2", "appspec.yml", 1, 10],
  );
});

test("files for Lambda and ECS are told by what they say, and checked as the service checks them", (t) => {
  const lambda =
    "version: 0.0\nResources:\n  - f:\n      Type: AWS::Lambda::Function\n      Properties: {Name: shop, Alias: live, CurrentVersion: 1, TargetVersion: 2}\n";
  const ecs =
    "version: 0.0\nResources:\n  - TargetService:\n      Type: AWS::ECS::Service\n      Properties:\n        TaskDefinition: shop:7\n        LoadBalancerInfo: {ContainerName: web, ContainerPort: 80}\n";

  assert.deepEqual(check(t, lambda), { status: 0, stdout: "appspec.yml is valid for Lambda\n" });
  assert.deepEqual(check(t, lambda.replace("Version: 2", "Version: 1")), {
    status: 1,
    stdout:
      "appspec.yml:5:79: error L8: The deployment failed because the AppSpec file that specifies the AWS Lambda deployment configuration is missing or has an invalid configuration: CurrentVersion and TargetVersion are both 1: there is nothing to shift\nappspec.yml has 1 error\n",
  });
  const { status, stdout } = check(t, ecs, "--json");
  assert.equal(status, 1);
  const [finding] = JSON.parse(stdout) as readonly Record<string, unknown>[];
  assert.deepEqual(
    [finding?.rule, finding?.line, finding?.remedy],
    [
      "task-definition",
      6,
      "Write arn:aws:ecs:REGION:ACCOUNT:task-definition/FAMILY:REVISION, as aws ecs register-task-definition prints it",
    ],
  );
});
