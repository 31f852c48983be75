import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { type Finding, parseEcsAppSpec, parseLambdaAppSpec } from "@sluice/engine/appspec";
import type { EffectOf } from "@sluice/engine";
import { appSpecOfArchive, BadArchive } from "./app-spec-archive.ts";
import type { Clients } from "./clients.ts";
import { finished, refused, type EffectOutcome } from "./outcome.ts";

/** The longest AppSpec file, and the longest archive with one, in bytes: inline ones may have a quarter of a megabyte. */
const bytesMax = 1024 * 1024;

/** Reads the AppSpec file of a deployment to a function or a service from its bucket, where it may be in an archive. */
export async function readAppSpecFile(
  clients: Clients,
  { object, platform = "Lambda" }: EffectOf<"read AppSpec file">,
): Promise<EffectOutcome> {
  const { bucket, key, version, eTag, archive } = object;
  const s3 = await clients.s3();
  const file = await s3.getObject({ Bucket: bucket, Key: key, VersionId: version });
  const trouble = troubleOf(file, eTag);
  const refusedRevision = (why: string) => refused("INVALID_REVISION", `The revision s3://${bucket}/${key} ${why}`);
  if (trouble !== undefined) return refusedRevision(trouble);
  const bytes = (await file.Body?.transformToByteArray()) ?? new Uint8Array();
  if (archive === undefined) return outcomeOf({ name: key, bytes }, platform);
  try {
    return outcomeOf(await appSpecOfArchive(bytes, { type: archive, fileBytesMax: bytesMax }), platform);
  } catch (error) {
    if (error instanceof BadArchive) return refusedRevision(error.message);
    throw error;
  }
}

function outcomeOf(
  { name, bytes }: { readonly name: string; readonly bytes: Uint8Array },
  platform: "Lambda" | "ECS",
): EffectOutcome {
  if (platform === "ECS") {
    const { appSpec, findings } = parseEcsAppSpec(bytes, { file: name });
    return appSpec === undefined ? refused("INVALID_REVISION", errorsIn(findings)) : finished({ ecsAppSpec: appSpec });
  }
  const { appSpec, findings } = parseLambdaAppSpec(bytes, { file: name });
  return appSpec === undefined ? refused("INVALID_LAMBDA_CONFIGURATION", errorsIn(findings)) : finished({ appSpec });
}

const errorsIn = (findings: readonly Finding[]): string =>
  findings
    .filter(({ severity }) => severity === "error")
    .map(({ message }) => message)
    .join(" ");

function troubleOf({ ContentLength = 0, ETag = "" }: GetObjectCommandOutput, eTag: string | undefined) {
  const plain = (text: string) => text.replaceAll('"', "");
  if (eTag !== undefined && plain(eTag) !== plain(ETag))
    return `has the ETag ${plain(ETag)}, and the revision says ${plain(eTag)}`;
  return ContentLength > bytesMax ? `has ${ContentLength} bytes, and an AppSpec file may have ${bytesMax}` : undefined;
}
