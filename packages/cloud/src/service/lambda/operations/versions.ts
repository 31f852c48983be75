import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { describe } from "./configuration.ts";
import type { LambdaContext, LambdaOperations } from "../context.ts";
import {
  findVersion,
  functionOf,
  putVersion,
  type VersionRecord,
  versionOf,
  versionsOf,
} from "../store/function-rows.ts";
import { staleRevision } from "./stale-revision.ts";
import { badValue, latest, readName } from "../names.ts";
import { pageOf } from "./pagination.ts";

/** Operations on published versions. */
export const versionOperations: LambdaOperations = {
  PublishVersion(context, input) {
    const { name } = readName(input.FunctionName);
    const [version, record] = publish(context, name, input);
    return describe(context, { name, version }, record);
  },

  ListVersionsByFunction(context, input) {
    const { name } = readName(input.FunctionName);
    functionOf(context, name);
    const { items, next } = pageOf(versionsOf(context, name), input, ([version]) => version);
    return { Versions: items.map(([version, record]) => describe(context, { name, version }, record)), ...next };
  },
};

/** Publishes `$LATEST` as the next version. Returns the last version when nothing has changed since. */
export function publish(
  context: LambdaContext,
  name: string,
  input: {
    readonly Description?: string | undefined;
    readonly CodeSha256?: string | undefined;
    readonly RevisionId?: string | undefined;
  },
): readonly [version: string, record: VersionRecord] {
  return context.db.transaction(() => {
    const { versions_published: count } = functionOf(context, name);
    const now = versionOf(context, name, latest);
    if (input.RevisionId !== undefined && input.RevisionId !== now.revisionId) throw staleRevision();
    const sha = Buffer.from(now.code, "hex").toString("base64");
    if (input.CodeSha256 !== undefined && input.CodeSha256 !== sha)
      throw badValue(
        `CodeSHA256 (${input.CodeSha256}) is different from current CodeSHA256 in $LATEST (${sha}). Please try again with the CodeSHA256 in $LATEST.`,
      );
    const last = findVersion(context, name, String(count));
    if (last !== undefined && isSame(last, now)) return [String(count), last];
    const record = { ...now, description: input.Description ?? now.description, revisionId: randomUUID() };
    const version = String(count + 1);
    context.db.run("UPDATE functions SET versions_published = ? WHERE name = ?", count + 1, name);
    putVersion(context, name, version, record);
    return [version, record];
  });
}

/** Whether two states of a function would run the same. */
function isSame(a: VersionRecord, b: VersionRecord): boolean {
  const essence = ({ description: _1, revisionId: _2, modifiedAt: _3, ...rest }: VersionRecord) => rest;
  return isDeepStrictEqual(essence(a), essence(b));
}
