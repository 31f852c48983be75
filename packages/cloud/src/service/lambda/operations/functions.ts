import { Fault } from "@sluice/aws-protocol";
import { defaults, describe, revised, withCode, withSettings } from "./configuration.ts";
import type { LambdaContext, LambdaOperations } from "../context.ts";
import {
  aliasesOf,
  type FunctionRow,
  functionOf,
  putVersion,
  sharesOf,
  type VersionRecord,
  versionOf,
  versionsOf,
} from "../store/function-rows.ts";
import { badValue, isVersion, latest, readName } from "../names.ts";
import { pageOf } from "./pagination.ts";
import { codeHost, hostOf, schemeOf } from "./function-urls.ts";
import { prepareRuntime } from "../runtimes/prepare-runtime.ts";
import { staleRevision } from "./stale-revision.ts";
import { publish } from "./versions.ts";

/** Operations on functions. */
export const functionOperations: LambdaOperations = {
  async CreateFunction(context, input) {
    const { name } = readName(input.FunctionName);
    if (input.PackageType === "Image") throw badValue("This cloud does not serve container images for functions");
    const settings = withSettings({ ...defaults, architecture: architectureOf(input.Architectures) }, input, context);
    await checkRole(context, name, settings.role);
    const archive = await archiveOf(context, input.Code ?? {});
    await prepareRuntime(context, settings.runtime);
    const record = await context.code.store(archive, (code) => {
      const made: VersionRecord = revised(withCode(settings, code), context);
      context.db.transaction(() => {
        const added = context.db.run(
          "INSERT INTO functions VALUES (?, 0, NULL, ?) ON CONFLICT DO NOTHING",
          name,
          JSON.stringify(input.Tags ?? {}),
        );
        if (added === 0) throw new Fault("ResourceConflictException", `Function already exist: ${name}`);
        putVersion(context, name, latest, made);
      });
      return made;
    });
    if (input.Publish === true) {
      const [version, published] = publish(context, name, {});
      return describe(context, { name, version }, published);
    }
    return describe(context, { name, version: latest, withVersion: false }, record);
  },

  GetFunction(context, input) {
    const { name, qualifier } = readName(input.FunctionName, input.Qualifier);
    const row = functionOf(context, name);
    const { version, record } = named(context, name, qualifier);
    const tags = JSON.parse(row.tags) as Record<string, string>; // written by CreateFunction and TagResource
    return {
      Configuration: describe(context, { name, version, withVersion: qualifier !== undefined }, record),
      Code: {
        RepositoryType: "S3",
        Location: `${schemeOf(context)}://${hostOf(codeHost, context.region)}:${context.port()}${context.links.linkTo(record.code)}`,
      },
      Tags: Object.keys(tags).length === 0 ? undefined : tags,
      Concurrency: row.reserved === null ? undefined : { ReservedConcurrentExecutions: row.reserved },
    };
  },

  GetFunctionConfiguration(context, input) {
    const { name, qualifier } = readName(input.FunctionName, input.Qualifier);
    functionOf(context, name);
    const { version, record } = named(context, name, qualifier);
    return describe(context, { name, version, withVersion: qualifier !== undefined }, record);
  },

  async UpdateFunctionCode(context, input) {
    const { name } = readName(input.FunctionName);
    functionOf(context, name);
    const architecture = input.Architectures?.[0];
    const record = await context.code.store(await archiveOf(context, input), (code) => {
      const change = (before: VersionRecord) => ({
        ...withCode(before, code),
        architecture: architecture ?? before.architecture,
      });
      if (input.DryRun === true) return change(versionOf(context, name, latest));
      return changeLatest(context, name, { change, revisionId: input.RevisionId });
    });
    if (input.DryRun === true) return describe(context, { name, version: latest, withVersion: false }, record);
    if (input.Publish !== true) return describe(context, { name, version: latest, withVersion: false }, record);
    const [version, published] = publish(context, name, {});
    return describe(context, { name, version }, published);
  },

  async UpdateFunctionConfiguration(context, input) {
    const { name } = readName(input.FunctionName);
    functionOf(context, name);
    if (input.Role !== undefined) await checkRole(context, name, input.Role);
    const change = (record: VersionRecord) => withSettings(record, input, context);
    const record = changeLatest(context, name, { change, revisionId: input.RevisionId });
    if (input.Runtime !== undefined) await prepareRuntime(context, record.runtime);
    return describe(context, { name, version: latest, withVersion: false }, record);
  },

  DeleteFunction(context, input) {
    const { name, qualifier } = readName(input.FunctionName, input.Qualifier);
    functionOf(context, name);
    if (qualifier === undefined) {
      context.db.run("DELETE FROM functions WHERE name = ?", name);
      context.executor.retire(name);
    } else deleteVersion(context, name, qualifier);
    sweepCode(context);
    return {};
  },

  ListFunctions(context, { Marker, MaxItems, FunctionVersion }) {
    const rows = context.db.all<FunctionRow>("SELECT * FROM functions ORDER BY name");
    const all = rows.flatMap(({ name }) =>
      FunctionVersion === "ALL"
        ? versionsOf(context, name).map(([version, record]) => describe(context, { name, version }, record))
        : [describe(context, { name, version: latest, withVersion: false }, versionOf(context, name, latest))],
    );
    const { items, next } = pageOf(all, { Marker, MaxItems }, ({ FunctionArn = "" }) => FunctionArn);
    return { Functions: [...items], ...next };
  },
};

/** Deletes code that belongs to no version, and to no process that still handles an event of an earlier state. */
export function sweepCode({ db, code, executor }: Pick<LambdaContext, "db" | "code" | "executor">): void {
  code.sweep(
    (one) =>
      executor.uses(code.folderOf(one)) ||
      db.get("SELECT 1 FROM function_versions WHERE code = ? LIMIT 1", one) !== undefined,
  );
}

/** Returns the version that a qualifier stands for; for an alias, its own. */
function named(context: LambdaContext, name: string, qualifier = latest): { version: string; record: VersionRecord } {
  const version = isVersion(qualifier) ? qualifier : ([...sharesOf(context, name, qualifier).keys()].at(-1) ?? latest);
  return { version, record: versionOf(context, name, version) };
}

/** Changes `$LATEST`, if its revision is still the one that the caller knows. */
function changeLatest(
  context: LambdaContext,
  name: string,
  { change, revisionId }: { change: (record: VersionRecord) => VersionRecord; revisionId: string | undefined },
): VersionRecord {
  const before = versionOf(context, name, latest);
  if (revisionId !== undefined && revisionId !== before.revisionId) throw staleRevision();
  const record = revised(change(before), context);
  putVersion(context, name, latest, record);
  context.executor.retire(name, latest);
  sweepCode(context);
  return record;
}

function deleteVersion(context: LambdaContext, name: string, version: string): void {
  if (version === latest) throw badValue("$LATEST version cannot be deleted without deleting the function.");
  if (!isVersion(version)) throw badValue(`"${version}" is an alias; DeleteAlias deletes it`);
  versionOf(context, name, version);
  const users = aliasesOf(context, name).filter(([, alias]) => alias.version === version || version in alias.weights);
  if (users.length > 0)
    throw new Fault(
      "ResourceConflictException",
      `Version ${version} cannot be deleted: aliases point to it: ${users.map(([alias]) => alias).join(", ")}`,
    );
  context.db.run("DELETE FROM function_versions WHERE function = ? AND version = ?", name, version);
  context.executor.retire(name, version);
}

async function checkRole({ executor }: LambdaContext, name: string, role: string): Promise<void> {
  await executor.checkRole(role, name).catch((cause: unknown) => {
    if (!(cause instanceof Fault)) throw cause;
    throw badValue(`The role defined for the function cannot be assumed by Lambda: ${cause.message}`);
  });
}

interface CodeSource {
  readonly ZipFile?: Uint8Array | undefined;
  readonly S3Bucket?: string | undefined;
  readonly S3Key?: string | undefined;
  readonly S3ObjectVersion?: string | undefined;
  readonly ImageUri?: string | undefined;
}

/** Returns the archive that a request brings, or names. */
async function archiveOf(
  { readObject }: LambdaContext,
  { ZipFile, S3Bucket, S3Key, S3ObjectVersion, ImageUri }: CodeSource,
): Promise<Uint8Array> {
  if (ImageUri !== undefined) throw badValue("This cloud does not serve container images for functions");
  if (ZipFile !== undefined) return ZipFile;
  if (S3Bucket === undefined || S3Key === undefined)
    throw badValue("Please provide a source for function code: ZipFile, or S3Bucket and S3Key");
  const object = { bucket: S3Bucket, key: S3Key, version: S3ObjectVersion };
  return readObject(object).catch((cause: unknown) => {
    if (!(cause instanceof Fault)) throw cause;
    throw badValue(`Error occurred while GetObject. S3 Error Code: ${cause.code}. S3 Error Message: ${cause.message}`);
  });
}

function architectureOf(asked: readonly string[] | undefined): VersionRecord["architecture"] {
  const [one = "x86_64"] = asked ?? [];
  if (one !== "x86_64" && one !== "arm64") throw badValue(`There is no architecture "${one}"`);
  return one;
}
