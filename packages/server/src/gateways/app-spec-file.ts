import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { parseLambdaAppSpec } from "@sluice/engine/appspec";
import type { Work } from "@sluice/engine";
import type { Clients } from "./clients.ts";
import { finished, refused, type WorkOutcome } from "./outcome.ts";

/** Longest AppSpec file, in bytes: inline ones may have a quarter of a megabyte. */
const bytesMax = 1024 * 1024;

/** Reads the AppSpec file of a Lambda deployment from its bucket. */
export async function readAppSpecFile(
  clients: Clients,
  { object }: Work & { readonly work: "read AppSpec file" },
): Promise<WorkOutcome> {
  const { bucket, key, version, eTag } = object;
  const { GetObjectCommand } = await import("@aws-sdk/client-s3");
  const s3 = await clients.storage();
  const found = await s3.send(
    new GetObjectCommand({ Bucket: bucket, Key: key, ...(version === undefined ? {} : { VersionId: version }) }),
  );
  const trouble = troubleOf(found, eTag);
  if (trouble !== undefined) return refused("INVALID_REVISION", `The revision s3://${bucket}/${key} ${trouble}`);
  const bytes = (await found.Body?.transformToByteArray()) ?? new Uint8Array();
  const { appSpec, findings } = parseLambdaAppSpec(bytes, { file: key });
  if (appSpec !== undefined) return finished({ appSpec });
  const errors = findings.filter(({ severity }) => severity === "error").map(({ message }) => message);
  return refused("INVALID_LAMBDA_CONFIGURATION", errors.join(" "));
}

function troubleOf({ ContentLength = 0, ETag = "" }: GetObjectCommandOutput, eTag: string | undefined) {
  const plain = (text: string) => text.replaceAll('"', "");
  if (eTag !== undefined && plain(eTag) !== plain(ETag))
    return `has the ETag ${plain(ETag)}, and the revision says ${plain(eTag)}`;
  return ContentLength > bytesMax ? `has ${ContentLength} bytes, and an AppSpec file may have ${bytesMax}` : undefined;
}
