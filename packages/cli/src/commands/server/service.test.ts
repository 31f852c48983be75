import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { whyMissing } from "../../../../../test/support/why-missing.ts";
import { places } from "../../service/unit.ts";
import { service, type ServiceRequest } from "./service.ts";

const run = promisify(execFile);

/** A program that is where a service may see it. */
const start = ["/usr/bin/env", "/usr/lib/sluice.js"];

/** Another system's root folder, and what is asked for there, with what it prints. */
function system(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), "sluice-service-"));
  t.after(() => rmSync(root, { recursive: true }));
  const ask = (what: ServiceRequest["what"], request: Partial<ServiceRequest> = {}) => {
    const lines: string[] = [];
    const code = service({ what, root, start, given: {}, ...request }, (line) => lines.push(line));
    return { code, text: lines.join("\n") };
  };
  return { root, ask, read: (place: string) => readFileSync(join(root, place), "utf8") };
}

test("the service is installed with the settings that the call was given, shown, and removed without its data", (t) => {
  const { root, ask, read } = system(t);
  mkdirSync(join(root, places.data), { recursive: true });

  const installed = ask("install", {
    given: { listen: "0.0.0.0", tls: true },
    account: "111122223333",
    localCloud: true,
  });

  assert.equal(installed.code, 0);
  assert.match(read(places.unit), /^ExecStart=\/usr\/bin\/env \/usr\/lib\/sluice\.js \$SLUICE_COMMAND$/m);
  assert.match(read(places.unit), /^NoNewPrivileges=yes$/m);
  assert.match(read(places.user), /^u sluice /m);
  assert.match(
    read(places.settings),
    /^SLUICE_LISTEN="0\.0\.0\.0"\nSLUICE_TLS="on"\nSLUICE_ACCOUNT="111122223333"\nSLUICE_COMMAND="up --no-example --driver plain"$/m,
  );
  assert.equal(statSync(join(root, places.settings)).mode & 0o777, 0o600);
  assert.match(ask("status").text, /starts: \/usr\/bin\/env .*\nIt does not run/);

  assert.match(ask("remove").text, /are still there/);

  assert.equal(ask("status").code, 4);
  assert(existsSync(join(root, places.data)) && existsSync(join(root, places.settings)));
  assert.throws(() => ask("remove"), /it is not installed/);
});

test("installed again, the service keeps the settings that the administrator has made", (t) => {
  const { root, ask, read } = system(t);
  mkdirSync(dirname(join(root, places.settings)), { recursive: true });
  writeFileSync(join(root, places.settings), "# ours\nSLUICE_LOG=info\nSLUICE_PORT=80\n\n");

  ask("install", { given: { port: "8443", tlsNames: "a,b" } });

  assert.equal(read(places.settings), '# ours\nSLUICE_LOG=info\nSLUICE_PORT="8443"\nSLUICE_TLS_NAMES="a,b"\n');
});

test("what a service could not run, or has already, is refused before anything is written", (t) => {
  const { root, ask } = system(t);

  assert.throws(() => ask("install", { start: undefined }), /from a clone/);
  assert.throws(() => ask("install", { start: ["/home/ann/bin/sluice"] }), /sees no home.*\/home\/ann\/bin\/sluice/);
  assert.throws(() => ask("install", { start: ["/opt/my tools/sluice"] }), /would read the path/);
  assert.throws(() => ask("install", { given: { data: "/srv" } }), /Cannot set --data/);
  assert.throws(() => ask("install", { given: { port: "http" } }), /Cannot use port "http"/);
  const key = { tlsCertificate: "/etc/hosts", tlsKey: "/root/key.pem" };
  assert.throws(() => ask("install", { given: key }), /does not see \/root\/key\.pem/);
  assert.throws(() => ask("install", { account: "me" }), /expected twelve digits/);
  assert(!existsSync(join(root, "etc")));
  mkdirSync(dirname(join(root, places.packagedUnit)), { recursive: true });
  writeFileSync(join(root, places.packagedUnit), "");
  assert.throws(() => ask("install"), /a package has/);
  assert.throws(() => ask("remove"), /apt remove sluice/);
});

test(
  "systemd understands the unit, and finds little that it could be kept from",
  { skip: await whyMissing("systemd-analyze") },
  async (t) => {
    const { root, ask } = system(t);
    ask("install", { start: ["/usr/bin/env"] });
    const unit = join(root, places.unit);

    const { stdout, stderr } = await run("systemd-analyze", ["verify", "--man=no", unit]);
    const exposure = await run("systemd-analyze", ["security", "--offline=true", "--no-pager", unit]);

    assert.equal(stdout + stderr, "");
    const [, level = ""] = /exposure level for sluice\.service: ([\d.]+)/.exec(exposure.stdout) ?? [];
    assert(Number(level) < 2, exposure.stdout);
  },
);
