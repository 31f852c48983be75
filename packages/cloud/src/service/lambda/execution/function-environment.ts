import { withoutUndefined } from "../../../without-undefined.ts";
import { delimiter } from "node:path";
import type { Interpreter } from "../runtimes/interpreter.ts";
import { folderOfProgram, type Places, systemPath } from "./isolation.ts";
import type { SandboxSpec } from "./sandbox-spec.ts";

/** A role's keys, as a function's process gets them. */
export interface RoleKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Names that a function's configuration must not set: Lambda's own list. */
export const reservedVariables: readonly string[] = [
  "_HANDLER",
  "_X_AMZN_TRACE_ID",
  "AWS_DEFAULT_REGION",
  "AWS_REGION",
  "AWS_EXECUTION_ENV",
  "AWS_LAMBDA_FUNCTION_NAME",
  "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
  "AWS_LAMBDA_FUNCTION_VERSION",
  "AWS_LAMBDA_INITIALIZATION_TYPE",
  "AWS_LAMBDA_LOG_GROUP_NAME",
  "AWS_LAMBDA_LOG_STREAM_NAME",
  "AWS_ACCESS_KEY",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_LAMBDA_RUNTIME_API",
  "LAMBDA_TASK_ROOT",
  "LAMBDA_RUNTIME_DIR",
];

/** What a process needs to know beside what is wanted of it. */
interface ProcessSetting {
  readonly places: Places;
  readonly runtimeApi: string;
  readonly endpoint: string;
  readonly region: string;
  readonly stream: string;
  readonly keys: RoleKeys;
}

/** Returns the variables of a function's process, as Lambda sets them; the function's own cannot change Lambda's. */
export function functionEnvironment(
  { name, version, record, interpreter, initialization, logGroup }: SandboxSpec,
  { places, runtimeApi, endpoint, region, stream, keys }: ProcessSetting,
): Record<string, string> {
  const { task, modules, bootstrap } = places;
  return withoutUndefined({
    PATH: [...folderOfProgram(places), ...systemPath.split(delimiter), "/opt/bin"].join(delimiter),
    LANG: "C.UTF-8",
    HOME: "/tmp",
    TZ: ":UTC",
    NODE_PATH: [...(modules === undefined ? [] : [modules]), task].join(delimiter),
    PYTHONPATH: task,
    RUBYLIB: task,
    GEM_PATH: interpreter.family === "ruby" ? gemsOf(task, interpreter) : undefined,
    AWS_ENDPOINT_URL: endpoint,
    ...record.environment,
    _HANDLER: record.handler,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${record.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(record.memoryMegabytes),
    AWS_LAMBDA_INITIALIZATION_TYPE: initialization,
    AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: stream,
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    LAMBDA_TASK_ROOT: task,
    LAMBDA_RUNTIME_DIR: bootstrap,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_SESSION_TOKEN: keys.sessionToken,
  });
}

/** Returns the command that runs a function's runtime. */
export function runtimeCommand(
  interpreter: Interpreter,
  { task, bootstrap, executable }: Places,
  memoryMegabytes: number,
): readonly string[] {
  switch (interpreter.family) {
    case "python":
      return [executable, "-u", "-S", `${bootstrap}/python.py`]; // -S: it looks at this machine's packages when they are asked for
    case "nodejs":
      // As Lambda does it: the heap gets most of the function's memory, the rest of the program what is left.
      return [executable, `--max-old-space-size=${Math.floor(memoryMegabytes * heapShare)}`, `${bootstrap}/node.cjs`];
    case "ruby":
      return [executable, `${bootstrap}/ruby.rb`];
    case "java":
      return [
        executable,
        `-Xmx${Math.floor(memoryMegabytes * heapShare)}m`,
        ...quickStart,
        "-cp",
        [bootstrap, task, `${task}/lib/*`].join(delimiter),
        "sluice.lambda.Main",
      ];
    case "provided":
      return [`${task}/bootstrap`];
  }
}

const heapShare = 0.9;

/** Java for a program that is small and is to be there soon, as Lambda starts it. */
const quickStart = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"];

/** Where Bundler puts gems that come with a function. */
const gemsOf = (task: string, { version }: Interpreter) =>
  `${task}/vendor/bundle/ruby/${version.replace(/\.\d+$/, ".0")}`;
