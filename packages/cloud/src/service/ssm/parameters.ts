import type * as Ssm from "@aws-sdk/client-ssm";
import { Fault, type Operations } from "@sluice/aws-protocol";
import type { Records } from "../../store/records.ts";
import { amazonLinux, publicParameters } from "../ec2/index.ts";

export interface SsmContext {
  readonly parameters: Records<Parameter>;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
}

/** A parameter as it is stored: its newest version. */
interface Parameter {
  readonly name: string;
  readonly type: "String" | "StringList" | "SecureString";
  readonly value: string;
  readonly version: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
  readonly dataType: string;
}

/** Length of a value, in characters: that of AWS's standard tier. */
const valueLengthMax = 4096;

/** Parameters on a page of a path: AWS's own limit. */
const pageMax = 10;

/** Operations on parameters. */
export const parameterOperations: Partial<Operations<typeof Ssm, SsmContext>> = {
  GetParameter(context, { Name = "" }) {
    const found = findParameter(context, Name);
    // AWS gives this fault no message, and its clients print none.
    if (found === undefined) throw new Fault("ParameterNotFound", `There is no parameter '${Name.slice(0, 200)}'`);
    return { Parameter: describe(context, found) };
  },

  GetParameters(context, { Names = [] }) {
    const found = Names.map((name) => ({ name, parameter: findParameter(context, name) }));
    return {
      Parameters: found.flatMap(({ parameter }) => (parameter === undefined ? [] : [describe(context, parameter)])),
      InvalidParameters: found.filter(({ parameter }) => parameter === undefined).map(({ name }) => name),
    };
  },

  GetParametersByPath(context, { Path = "", Recursive = false, MaxResults = pageMax, NextToken }) {
    if (!Path.startsWith("/"))
      throw new Fault("ValidationException", `The parameter path '${Path.slice(0, 200)}' must begin with /`);
    const folder = Path.endsWith("/") ? Path : `${Path}/`;
    const found = all(context)
      .filter(({ name }) => name.startsWith(folder) && (Recursive || !name.slice(folder.length).includes("/")))
      .toSorted((one, other) => (one.name < other.name ? -1 : 1));
    const first = NextToken === undefined ? 0 : found.findIndex(({ name }) => name === NextToken);
    if (first < 0) throw new Fault("InvalidNextToken", `The token '${NextToken?.slice(0, 80)}' is invalid`);
    const end = first + Math.min(Math.max(MaxResults, 1), pageMax);
    return {
      Parameters: found.slice(first, end).map((parameter) => describe(context, parameter)),
      NextToken: found[end]?.name,
    };
  },

  PutParameter(
    { parameters, clock },
    { Name: name = "", Value: value = "", Type: type, Overwrite = false, DataType = "text" },
  ) {
    if (!/^\/?[\w.-]+(\/[\w.-]+)*$/.test(name) || /^\/?(aws|ssm)/i.test(name))
      throw new Fault(
        "ValidationException",
        `'${name.slice(0, 200)}' is not a valid parameter name: it must have letters, digits and . - _ /, and may not begin with aws or ssm`,
      );
    if (value === "" || value.length > valueLengthMax)
      throw new Fault("ValidationException", `The value of '${name}' must have 1 to ${valueLengthMax} characters`);
    const earlier = parameters.find(name);
    if (earlier !== undefined && !Overwrite)
      throw new Fault(
        "ParameterAlreadyExists",
        "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
      );
    if (type === undefined && earlier === undefined)
      throw new Fault("ValidationException", "A parameter type is required when you create a parameter.");
    const version = (earlier?.version ?? 0) + 1;
    const kept: Parameter = {
      name,
      type: type ?? earlier?.type ?? "String",
      value,
      version,
      modifiedAt: clock(),
      dataType: DataType,
    };
    parameters.put(name, kept);
    return { Version: version, Tier: "Standard" };
  },

  DeleteParameter({ parameters }, { Name = "" }) {
    if (!parameters.delete(Name)) throw new Fault("ParameterNotFound", `There is no parameter '${Name.slice(0, 200)}'`);
  },

  DescribeParameters({ parameters }) {
    return {
      Parameters: parameters.all().map(({ name, type, version, modifiedAt, dataType }) => ({
        Name: name,
        Type: type,
        Version: version,
        LastModifiedDate: new Date(modifiedAt),
        DataType: dataType,
        Tier: "Standard" as const,
      })),
    };
  },
};

function all({ parameters }: SsmContext): readonly Parameter[] {
  const common = {
    type: "String",
    value: amazonLinux.id,
    version: 1,
    modifiedAt: 0,
    dataType: "aws:ec2:image",
  } as const;
  return [...publicParameters.map((name): Parameter => ({ name, ...common })), ...parameters.all()];
}

/** Returns the name in a name or an ARN, without a version that may follow. */
export const plainName = (name: string): string => partsOf(name)[0] ?? "";

const partsOf = (name: string) => name.replace(/^arn:aws[a-z-]*:ssm:[a-z0-9-]*:\d*:parameter(?=\/)/, "").split(":");

/** Returns the ARN of a parameter. */
export function parameterArn({ region, accountId }: Pick<SsmContext, "region" | "accountId">, name: string): string {
  const owner = name.startsWith("/aws/") ? "" : accountId;
  return `arn:aws:ssm:${region}:${owner}:parameter${name.startsWith("/") ? "" : "/"}${name}`;
}

/** Returns a parameter by its name, or by its ARN; a version may follow, and only the newest is kept. */
export function findParameter(context: SsmContext, name: string): Parameter | undefined {
  const [plain = "", version] = partsOf(name);
  const found = all(context).find((parameter) => parameter.name === plain);
  return found === undefined || (version !== undefined && version !== String(found.version)) ? undefined : found;
}

function describe(context: SsmContext, { name, type, value, version, modifiedAt, dataType }: Parameter) {
  return {
    Name: name,
    Type: type,
    Value: value,
    Version: version,
    LastModifiedDate: new Date(modifiedAt),
    ARN: parameterArn(context, name),
    DataType: dataType,
  };
}
