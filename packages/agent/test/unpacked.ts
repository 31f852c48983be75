import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type BundleRuleOptions, defaultBundleRules } from "../src/bundle/bundle-rules.ts";
import { type Unpacking, unpackBundle } from "../src/bundle/unpack.ts";

/** A folder with a bundle in it, and nothing else: whatever appears beside is a leak. */
export function place(t: TestContext, bytes: Buffer) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-unpack-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "deployment"));
  const file = join(folder, "deployment", "bundle.tar");
  writeFileSync(file, bytes);
  return { folder, file, into: join(folder, "deployment", "deployment-archive") };
}

/** Unpacks a bundle; returns the folder, and what was warned of. */
export async function unpacked(
  t: TestContext,
  type: Unpacking["type"],
  bytes: Buffer,
  rules?: Partial<BundleRuleOptions>,
) {
  const { file, into } = place(t, bytes);
  const warnings: string[] = [];
  await unpackBundle({
    file,
    into,
    type,
    rules: { ...defaultBundleRules, ...rules },
    warn: (line) => warnings.push(line),
  });
  return { into, warnings };
}

/** Tries to unpack; the message says why not, and nothing may be left of the try. */
export async function refusal(
  t: TestContext,
  type: Unpacking["type"],
  bytes: Buffer,
  rules?: Partial<BundleRuleOptions>,
): Promise<string> {
  const { folder, ...at } = place(t, bytes);
  const error: unknown = await unpackBundle({ ...at, type, rules: { ...defaultBundleRules, ...rules } }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert(error instanceof Error, "the bundle is refused");
  assert.deepEqual(readdirSync(join(folder, "deployment")), ["bundle.tar"], error.message);
  assert.deepEqual(readdirSync(folder), ["deployment"], error.message);
  return error.message;
}
