import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import type { TestContext } from "node:test";

const root = resolve(import.meta.dirname, "../..");

/** What a lock says of one of Node's packages. */
interface Locked {
  readonly version: string;
  readonly os: readonly string[];
  readonly cpu: readonly string[];
}

/** A registry on loopback that has the packages with Node's program, as far as this repository has installed them, and nothing else. `asked` are the names of all that was asked for. */
export async function nodeRegistry(t: Pick<TestContext, "after">, scratch: string) {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, Locked>;
  }; // npm's
  const asked = new Set<string>();
  const server = createServer(({ url = "" }, response) => {
    const [, name = "", isTarball] = /^\/([\w@%.-]+)(\/-\/all\.tar)?$/.exec(url) ?? [];
    asked.add(decodeURIComponent(name));
    const locked = name.startsWith("node-") ? packages[`node_modules/${name}`] : undefined;
    if (locked === undefined) return void response.writeHead(404).end();
    if (isTarball !== undefined) return void response.end(tarballOf(name, scratch));
    response.end(JSON.stringify(documentOf(name, locked, { at: address(), scratch })));
  });
  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`; // it listens on TCP
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return { url: address(), asked };
}

function documentOf(name: string, locked: Locked, { at, scratch }: { at: string; scratch: string }) {
  const { version, os, cpu } = locked;
  const isHere = existsSync(join(root, "node_modules", name));
  const integrity = isHere
    ? `sha512-${createHash("sha512").update(tarballOf(name, scratch)).digest("base64")}`
    : undefined;
  const dist = { tarball: `${at}${name}/-/all.tar`, integrity };
  return { name, "dist-tags": { latest: version }, versions: { [version]: { name, version, os, cpu, dist } } };
}

/** A package as npm gets it, not compressed: that would take longer than all else. */
function tarballOf(name: string, scratch: string): Buffer {
  const file = join(scratch, `${name}.tar`);
  if (!existsSync(file))
    execFileSync("tar", ["-C", join(root, "node_modules"), "-cf", file, `--transform=s/^${name}/package/`, name]);
  return readFileSync(file);
}
