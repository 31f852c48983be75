import { join } from "node:path";
import { defineService, type Service, serviceModel, accessesFromTable } from "@sluice/aws-protocol";
import type { CloudDatabase } from "../../store/database.ts";
import { Records } from "../../store/records.ts";
import { ecrAccesses } from "./accesses.ts";
import { authorizationOperations } from "./authorization.ts";
import { BlobLinks } from "./blob-links.ts";
import { ContentStore } from "./content-store.ts";
import type { EcrContext } from "./context.ts";
import type { Repository } from "./repository.ts";
import { checkImageIds, imageOperations } from "./images.ts";
import { manifestBytesMax } from "./manifest.ts";
import { registryService } from "./registry/registry-service.ts";
import { Uploads } from "./registry/uploads.ts";
import { RegistryTokens, type Vault } from "./registry-tokens.ts";
import { policyOperations } from "./policies.ts";
import { repositoryOperations } from "./repositories.ts";
import { tagOperations } from "./tags.ts";

export type { EcrContext } from "./context.ts";
export { type Digest, digestOf, hexOf, isDigest, isTag } from "./digest.ts";
export { bodyOf, findImage } from "./image-rows.ts";
export {
  blobsOf,
  type Descriptor,
  isIndex,
  type Manifest,
  manifestBytesMax,
  type Platform,
  readManifest,
} from "./manifest.ts";
export { ecrTables } from "./tables.ts";
export { awsRegistryHost } from "./registry-hosts.ts";
export type { Vault } from "./registry-tokens.ts";

/** What ECR is opened with. */
export interface EcrOptions {
  readonly dataFolder: string;
  readonly db: CloudDatabase;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
  /** Seals the registry's passwords. */
  readonly vault: Vault;
  readonly keyExpiresAt: EcrContext["keyExpiresAt"];
  readonly uniqueIdOf: EcrContext["uniqueIdOf"];
  readonly onDefect: (error: unknown, requestId: string) => void;
}

/** ECR, open. */
export interface OpenEcr {
  /** The API, and the registry. */
  readonly services: readonly Service[];
  /** What those work with who unpack images. */
  readonly context: EcrContext;
  close(): void;
}

/** How often what nobody needs any more is looked for, in milliseconds. */
const sweepMilliseconds = 10 * 60_000;

/** Opens ECR on a data folder. */
export function openEcr({ dataFolder, vault, onDefect, ...common }: EcrOptions): OpenEcr {
  const { db, clock } = common;
  const store = new ContentStore(join(dataFolder, "cloud", "images"));
  const context: EcrContext = {
    ...common,
    store,
    repositories: new Records<Repository>(db, "image repository"),
    blobs: new BlobLinks({ db, store, clock }),
    tokens: new RegistryTokens(vault, clock),
  };
  const uploads = new Uploads({ store, clock });
  const sweep = () => {
    uploads.sweep();
    context.blobs.collect();
  };
  const sweeper = setInterval(sweep, sweepMilliseconds).unref();
  const api = defineService({
    name: "ecr",
    model: serviceModel("ecr"),
    signingNames: ["ecr"],
    operations: {
      ...authorizationOperations,
      ...repositoryOperations,
      ...imageOperations,
      ...tagOperations,
      ...policyOperations,
    },
    context,
    accesses: accessesFromTable(ecrAccesses(context)),
    checkSizes: checkImageIds,
    bodyBytesMax: 2 * manifestBytesMax, // PutImage's manifest is text within JSON
    onDefect,
  });
  return {
    services: [api, registryService({ ...context, uploads }, onDefect)],
    context,
    close() {
      clearInterval(sweeper);
      uploads.close();
    },
  };
}
