import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { putManifest } from "../src/service/ecr/image-rows.ts";
import { type Digest, hexOf } from "../src/service/ecr/digest.ts";
import { blobsOf, readManifest } from "../src/service/ecr/manifest.ts";
import { ecrTables, openEcr } from "../src/service/ecr/index.ts";
import { CloudDatabase } from "../src/store/database.ts";
import { type TestImage, writeLayout } from "./image-layouts.ts";

/** A registry without a port, and a way to put images into it. */
export function registryFixture(t: TestContext, folder: string) {
  const db = new CloudDatabase(folder, [ecrTables]);
  const ecr = openEcr({
    ...{ db, dataFolder: folder, clock: () => Date.now(), region: "eu-west-1", accountId: "123456789012" },
    vault: { seal: (text) => Buffer.from(text), open: (sealed) => Buffer.from(sealed).toString() },
    keyExpiresAt: () => undefined,
    uniqueIdOf: () => undefined,
    onDefect: (error) => {
      throw error;
    },
  });
  t.after(() => {
    ecr.close();
    db.close();
  });
  const { context } = ecr;
  let layouts = 0;
  return {
    db,
    services: ecr.services,
    ecr: context,
    /** Gives a repository an image; returns its digest. */
    async push(name: string, tag: string, image: TestImage): Promise<Digest> {
      const repository = { name, createdAt: 0, tagMutability: "MUTABLE", scanOnPush: false, tags: [] } as const;
      context.repositories.put(name, repository);
      const place = join(folder, `pushed-${(layouts += 1)}`);
      mkdirSync(place);
      const [digest = ""] = writeLayout(place, [image]);
      const blob = (of: string) => readFileSync(join(place, "blobs/sha256", hexOf(of as Digest))); // as the layout has it
      for (const part of blobsOf(readManifest(blob(digest)))) {
        const upload = await context.store.begin(`upload-${hexOf(part)}`);
        await upload.append(
          (async function* () {
            yield blob(part);
          })(),
        );
        await context.store.keep(upload, part, () => context.blobs.add(name, part, upload.size));
      }
      return putManifest(context, repository, { body: blob(digest), tag }).digest;
    },
  };
}
