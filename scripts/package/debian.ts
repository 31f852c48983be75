// Debian's packages `sluice` and `sluice-agent`, by Debian's own tools: `npm run build:deb` prints their paths. They are for this
// machine's kind. Both bring their Node along, so that they need no other package than the system's libraries.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  lstatSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { version } from "../../packages/aws-protocol/src/version.ts";
import { places, settingsHead, sysusers, unit } from "../../packages/cli/src/service/unit.ts";
import { packAgent } from "../pack.ts";
import { agentScripts, serverScripts } from "./maintainer-scripts.ts";
import { distribution, writeProgram } from "./npm-package.ts";
import { makeExecutable } from "./single-executable.ts";

const root = resolve(import.meta.dirname, "../..");

/** Debian's names of the kinds of machines that Node's executables are for. */
const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

interface Package {
  readonly name: string;
  readonly description: string;
  readonly recommends: string;
  /** Files of /etc that are the administrator's to change. */
  readonly settings: readonly string[];
  readonly scripts: Readonly<Record<string, string>>;
}

const server: Package = {
  name: "sluice",
  description: `AWS CodeDeploy as open software: control plane and local cloud
 Deploys applications to fleets of servers and to functions. The unmodified aws
 command line, SDKs and Terraform work against it. The service is the control
 plane alone, on 127.0.0.1 until its settings say otherwise.`,
  recommends: "iproute2, uidmap, util-linux",
  settings: [places.settings],
  scripts: serverScripts,
};

const agent: Package = {
  name: "sluice-agent",
  description: `host agent for AWS CodeDeploy and Sluice
 Polls a control plane, downloads revisions, installs them, runs their scripts
 and reports. Reads the configuration of AWS's own agent.`,
  recommends: "ca-certificates",
  settings: ["/etc/codedeploy-agent/conf/codedeployagent.yml"],
  scripts: agentScripts,
};

/** Makes both packages in a folder, by a Node of this machine's kind, compressed more (9) or sooner (1). Returns their paths. */
export async function makeDebianPackages(target: string, node: string, level = 6): Promise<readonly string[]> {
  mkdirSync(target, { recursive: true });
  return [
    await packaged(server, { target, level }, (folder) => fillServer(folder, node)),
    await packaged(agent, { target, level }, (folder) => fillAgent(folder, node)),
  ];
}

async function packaged(
  about: Package,
  { target, level }: { target: string; level: number },
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), `${about.name}-deb-`));
  try {
    chmodSync(folder, 0o755);
    await fill(folder);
    const documents = `usr/share/doc/${about.name}`;
    write(folder, `${documents}/copyright`, copyright);
    write(
      folder,
      `${documents}/changelog.gz`,
      gzipSync(`${about.name} (${version})\n\n  See CHANGELOG.md of this version.\n`),
    );
    copyFileSync(join(nodePackage, "LICENSE"), join(folder, documents, "node-license"));
    write(folder, "DEBIAN/conffiles", about.settings.map((file) => `${file}\n`).join(""));
    for (const [name, text] of Object.entries(about.scripts)) write(folder, `DEBIAN/${name}`, text, 0o755);
    write(folder, "DEBIAN/control", controlOf(about, folder));
    const file = join(target, `${about.name}_${version}_${architecture()}.deb`);
    // Every Debian reads gzip, and xz takes minutes for a Node.
    execFileSync("dpkg-deb", ["--root-owner-group", "-Zgzip", `-z${level}`, "--build", folder, file], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    return file;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The package that Node's executable, and so its license, comes from. */
const nodePackage = join(root, "node_modules", `node-${process.platform}-${process.arch}`);

const copyright = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Sluice

Files: *
Copyright: the authors of Sluice
License: Apache-2.0
 The full text is /usr/share/common-licenses/Apache-2.0.
 .
 The program carries Node.js, whose license is in the file node-license beside
 this one, and packages of npm, each with its license in its folder.
`;

function architecture(): string {
  const name = architectures[process.arch];
  if (name === undefined) throw new Error(`Cannot make a package for ${process.arch}: expected x64 or arm64`);
  return name;
}

const controlOf = ({ name, description, recommends }: Package, folder: string) => {
  const sizes = globSync("**", { cwd: folder, exclude: ["DEBIAN/**"] }).map(
    (path) => lstatSync(join(folder, path)).size,
  );
  return `Package: ${name}
Version: ${version}
Architecture: ${architecture()}
Maintainer: The authors of Sluice <sluice@localhost>
Installed-Size: ${Math.ceil(sizes.reduce((sum, size) => sum + size, 0) / 1024)}
Depends: libc6 (>= 2.28), libstdc++6, libgcc-s1, libatomic1
Recommends: ${recommends}
Section: admin
Priority: optional
Description: ${description}
`;
};

/** A command that starts a program of /usr/lib, wherever this root folder lies. */
const command = `#!/bin/sh
here=$(dirname -- "$(readlink -f -- "$0")")/../lib/sluice
exec "$here/node" "$here/packages/cli/bin/sluice.js" "$@"
`;

async function fillServer(folder: string, nodeFile: string): Promise<void> {
  const program = join(folder, "usr/lib/sluice");
  mkdirSync(program, { recursive: true });
  await writeProgram(program);
  copyFileSync(nodeFile, join(program, "node"));
  write(folder, "usr/bin/sluice", command, 0o755);
  write(folder, places.packagedUnit, unit("/usr/bin/sluice"));
  write(folder, "usr/lib/sysusers.d/sluice.conf", sysusers);
  write(folder, places.settings, settingsHead, 0o600);
}

async function fillAgent(folder: string, nodeFile: string): Promise<void> {
  const share = join(root, "packages/agent/share");
  const programs = join(folder, "opt/codedeploy-agent/bin");
  mkdirSync(programs, { recursive: true });
  makeExecutable({ main: await packAgent(), output: join(programs, "codedeploy-agent"), node: nodeFile });
  mkdirSync(join(folder, "usr/bin"), { recursive: true });
  for (const name of ["codedeploy-agent", "codedeploy-local"])
    symlinkSync("/opt/codedeploy-agent/bin/codedeploy-agent", join(folder, "usr/bin", name));
  for (const [from, to] of [
    ["codedeploy-agent.service", "usr/lib/systemd/system/codedeploy-agent.service"],
    ["codedeployagent.yml", "etc/codedeploy-agent/conf/codedeployagent.yml"],
    ["codedeploy-agent-unprivileged.conf", "usr/share/doc/sluice-agent/examples/codedeploy-agent-unprivileged.conf"],
  ] as const) {
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    cpSync(join(share, from), join(folder, to));
  }
}

function write(folder: string, path: string, content: string | Uint8Array, mode = 0o644): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode); // whatever the umask
}

if (import.meta.filename === resolve(process.argv[1] ?? ""))
  for (const file of await makeDebianPackages(distribution, process.execPath)) console.log(file);
