import type { Tables } from "../../store/database.ts";

/** ECR's tables: manifests and their tags, what each manifest names, and which repository has which blobs. */
export const ecrTables: Tables = {
  service: "ecr",
  steps: [
    `
CREATE TABLE image_manifests (
  repository TEXT NOT NULL, digest TEXT NOT NULL, media_type TEXT NOT NULL, body BLOB NOT NULL, size INTEGER NOT NULL, artifact_type TEXT, subject TEXT,
  pushed_at INTEGER NOT NULL, pulled_at INTEGER, PRIMARY KEY (repository, digest)
) STRICT;
CREATE INDEX image_manifests_by_subject ON image_manifests (repository, subject) WHERE subject IS NOT NULL;
CREATE TABLE image_tags (
  repository TEXT NOT NULL, tag TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (repository, tag),
  FOREIGN KEY (repository, digest) REFERENCES image_manifests (repository, digest) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX image_tags_by_digest ON image_tags (repository, digest);
CREATE TABLE image_parts (
  repository TEXT NOT NULL, manifest TEXT NOT NULL, part TEXT NOT NULL, PRIMARY KEY (repository, manifest, part),
  FOREIGN KEY (repository, manifest) REFERENCES image_manifests (repository, digest) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX image_parts_by_part ON image_parts (repository, part);
CREATE TABLE image_blobs (
  repository TEXT NOT NULL, digest TEXT NOT NULL, size INTEGER NOT NULL, added_at INTEGER NOT NULL, PRIMARY KEY (repository, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX image_blobs_by_digest ON image_blobs (digest);
`,
  ],
};
