import type { Service } from "@sluice/aws-protocol";
import { ask } from "./ask.ts";
import { each, plain, type Rows, tagged } from "./row.ts";

/** What operations of S3 touch. */
export function s3Rows(): Rows {
  const [bucket, object, source] = ["arn:aws:s3:::web", "arn:aws:s3:::web/a b", "arn:aws:s3:::secret/k ey"];
  const named = { Bucket: "web", Key: "a b" };
  const sources = ["secret/k%20ey", "/secret/k%20ey", "secret%2Fk%20ey", "/secret/k%20ey?versionId=v1"];
  return {
    ...each(
      "GetObject HeadObject DeleteObject",
      plain([object], named, { ...named, VersionId: "v1" }, { ...named, Range: "bytes=0-1" }),
    ),
    ...each(
      "PutObject CreateMultipartUpload UploadPart CompleteMultipartUpload ListParts AbortMultipartUpload",
      plain([object], named),
    ),
    ...each(
      "CopyObject UploadPartCopy",
      plain([object, source], ...sources.map((CopySource) => ({ ...named, CopySource }))),
    ),
    DeleteObjects: plain([object], { Bucket: "web", Delete: { Objects: [{ Key: "c" }, { Key: "a b" }] } }),
    ...each(
      `CreateBucket DeleteBucket HeadBucket GetBucketLocation GetBucketVersioning PutBucketVersioning ListObjects
       ListObjectsV2 ListObjectVersions ListMultipartUploads`,
      plain([bucket], { Bucket: "web" }),
    ),
    ListBuckets: "nothing",
  };
}

/** What operations of ECR touch. */
export async function ecrRows(service: Service): Promise<Rows> {
  const [arn, bare] = ["team/web", "bare"].map((name) => `arn:aws:ecr:eu-west-1:123456789012:repository/${name}`);
  await ask(service, "ecr", "CreateRepository", {
    repositoryName: "team/web",
    tags: [{ Key: "protected", Value: "true" }],
  });
  const named = [{ repositoryName: "team/web" }, { repositoryName: "team/web", registryId: "123456789012" }];
  const elsewhere = "arn:aws-cn:ecr:us-east-1:210987654321:repository/team/web";
  return {
    ...each(
      `DeleteRepository PutImage BatchGetImage BatchDeleteImage ListImages DescribeImages PutImageTagMutability
       SetRepositoryPolicy GetRepositoryPolicy DeleteRepositoryPolicy`,
      tagged([arn ?? ""], ...named),
    ),
    ...each(
      "TagResource UntagResource ListTagsForResource",
      tagged([arn ?? ""], { resourceArn: arn }, { resourceArn: elsewhere }),
    ),
    CreateRepository: plain([bare ?? ""], { repositoryName: "bare" }),
    DescribeRepositories: tagged([arn ?? ""], { repositoryNames: ["other", "team/web"] }),
    GetAuthorizationToken: "nothing",
  };
}

/** What operations of Lambda touch. */
export function lambdaRows(): Rows {
  const arn = "arn:aws:lambda:eu-west-1:123456789012:function:hook";
  const elsewhere = "arn:aws-cn:lambda:us-east-1:210987654321:function:hook";
  const names = ["hook", "function:hook", "123456789012:function:hook", arn, elsewhere];
  const latest = names.map((name) => `${name}:$LATEST`);
  const unpublished = [...names, ...latest].map((FunctionName) => ({ FunctionName }));
  const live = [
    ...names.map((name) => ({ FunctionName: `${name}:live` })),
    ...names.map((FunctionName) => ({ FunctionName, Qualifier: "live" })),
  ];
  // A qualifier in the name is ignored.
  const whole = [...unpublished, { FunctionName: "hook:live" }, { FunctionName: "hook:3" }];
  const ofQualified = `GetFunction GetFunctionConfiguration DeleteFunction CreateFunctionUrlConfig GetFunctionUrlConfig
    UpdateFunctionUrlConfig DeleteFunctionUrlConfig AddPermission RemovePermission GetPolicy
    PutProvisionedConcurrencyConfig GetProvisionedConcurrencyConfig DeleteProvisionedConcurrencyConfig
    PutFunctionEventInvokeConfig GetFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig
    DeleteFunctionEventInvokeConfig Invoke`;
  return {
    ...each(
      ofQualified,
      plain([arn, `${arn}:$LATEST`], ...unpublished, { FunctionName: "hook", Qualifier: "$LATEST" }),
    ),
    ...Object.fromEntries(
      Object.entries(each(ofQualified, plain([`${arn}:live`], ...live))).map(([name, row]) => [
        `${name} of an alias`,
        row,
      ]),
    ),
    ...each(
      `CreateFunction UpdateFunctionCode UpdateFunctionConfiguration PublishVersion ListVersionsByFunction ListAliases
       ListFunctionUrlConfigs ListProvisionedConcurrencyConfigs PutFunctionConcurrency GetFunctionConcurrency
       DeleteFunctionConcurrency`,
      plain([arn, `${arn}:$LATEST`], ...whole),
    ),
    ...each(
      "CreateAlias GetAlias UpdateAlias DeleteAlias",
      plain([arn, `${arn}:live`], ...whole.map((name) => ({ ...name, Name: "live" }))),
    ),
    ...each(
      "ListTags TagResource UntagResource",
      plain([arn], ...whole.map(({ FunctionName }) => ({ Resource: FunctionName }))),
    ),
    ...each("ListFunctions GetAccountSettings", "nothing"),
  };
}
