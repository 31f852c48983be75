import { type Access, type AccessTable, onAnyResource, requestTags, type Tags } from "@sluice/aws-protocol";
import { parameterArn, plainName, type SsmContext } from "./parameters.ts";

type Input = Readonly<Record<string, unknown>>;

/** What each request to Systems Manager touches (its service authorization reference): parameters by their names, in any spelling. */
export function ssmAccesses(context: Pick<SsmContext, "region" | "accountId">): AccessTable {
  const of =
    (member: string) =>
    (input: Input): readonly Access[] =>
      texts(input[member]).map((name) => ({ resource: parameterArn(context, plainName(name)) }));
  return {
    ...onAnyResource(["DescribeParameters"]),
    GetParameter: of("Name"),
    GetParameters: of("Names"),
    // As on AWS, leave to read a path is leave to read everything below it.
    GetParametersByPath: ({ Path, Recursive }) =>
      texts(Path).map((path) => ({
        resource: parameterArn(context, path.length > 1 ? path.replace(/\/$/, "") : path),
        context: { "ssm:Recursive": String(Recursive === true) },
      })),
    PutParameter: (input) =>
      of("Name")(input).map((access) => ({
        ...access,
        context: {
          ...requestTags((input["Tags"] ?? []) as Tags), // decoded by the service's own table
          "ssm:Overwrite": String(input["Overwrite"] === true),
        },
      })),
    DeleteParameter: of("Name"),
  };
}

const texts = (found: unknown): readonly string[] =>
  [found].flat().filter((one): one is string => typeof one === "string");
