// Runs a JavaScript handler against Lambda's Runtime API: asks for an event, calls the handler, answers.
// What a handler may never need is loaded when it does, and nothing by `import`: that would load all of a built-in module's lazy parts. A first call waits for it.
const { existsSync } = require("node:fs");
const { Agent, request } = require("node:http");
const { registerHooks } = require("node:module");
const { join } = require("node:path");
const { inspect } = require("node:util");
const { pathToFileURL } = require("node:url");

const { AWS_LAMBDA_RUNTIME_API: api, LAMBDA_TASK_ROOT: task, _HANDLER: handlerName, NODE_PATH } = process.env;
// The address goes on with a folder, which every path is below.
const [, host, port, folder = ""] = /^([^:]+):(\d+)(\/.*)?$/.exec(api);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let requestId = "";

bringSdk();
writeConsoleLines();
void main();

async function main() {
  const handler = await load().catch(async (error) => {
    console.error(error);
    await ask("POST", "init/error", failure(error));
    process.exit(1);
  });
  for (;;) await serve(handler);
}

/** Handlers find AWS's SDK without bringing it, in modules of either kind. */
function bringSdk() {
  const own = pathToFileURL(join(NODE_PATH.split(":")[0], "..", "handler.js")).href;
  registerHooks({
    resolve(specifier, context, next) {
      if (!/^@(aws-sdk|smithy)\//.test(specifier)) return next(specifier, context);
      try {
        return next(specifier, context);
      } catch {
        return next(specifier, { ...context, parentURL: own }); // this one tells what is missing
      }
    },
  });
}

/** Lines as Lambda writes them: moment, request, level, message; what breaks a line within a message is a carriage return. */
function writeConsoleLines() {
  const levels = { log: "INFO", info: "INFO", warn: "WARN", error: "ERROR", debug: "DEBUG", trace: "TRACE" };
  for (const [method, level] of Object.entries(levels))
    console[method] = (...values) => {
      const text = values.map((value) => (typeof value === "string" ? value : inspect(value))).join(" ");
      const line = [new Date().toISOString(), requestId, level, text].join("\t");
      process.stdout.write(`${line.replaceAll("\n", "\r")}\n`);
    };
}

async function load() {
  const place = handlerName.lastIndexOf(".");
  const [file, name] = [handlerName.slice(0, place), handlerName.slice(place + 1)];
  const path = [".mjs", ".js", ".cjs"].map((ending) => join(task, file + ending)).find((one) => existsSync(one));
  if (place < 1 || path === undefined)
    throw named("Runtime.ImportModuleError", `Cannot find module '${file}' of the handler "${handlerName}"`);
  const module = await loadModule(path);
  const found = module[name] ?? module.default?.[name];
  if (typeof found !== "function")
    throw named("Runtime.HandlerNotFound", `${handlerName} is undefined or not exported`);
  return found;
}

/** A module of either kind. One that awaits at its top can only be imported. */
async function loadModule(path) {
  try {
    return require(path);
  } catch (error) {
    if (error?.code !== "ERR_REQUIRE_ASYNC_MODULE") throw error;
    return import(pathToFileURL(path).href);
  }
}

async function serve(handler) {
  const { headers, body } = await ask("GET", "invocation/next");
  requestId = headers["lambda-runtime-aws-request-id"];
  const place = `invocation/${requestId}/`;
  let answer;
  try {
    answer = JSON.stringify(await call(handler, JSON.parse(body || "null"), contextOf(headers))) ?? "null";
  } catch (error) {
    console.error("Invoke Error", error);
    await ask("POST", `${place}error`, failure(error));
    return;
  }
  await ask("POST", `${place}response`, answer);
}

/** Calls a handler that returns its answer, or one that takes a callback. */
function call(handler, event, context) {
  if (handler.length < 3) return handler(event, context);
  return new Promise((resolve, reject) => {
    const result = handler(event, context, (error, value) => (error ? reject(error) : resolve(value)));
    if (typeof result?.then === "function") result.then(resolve, reject);
  });
}

function contextOf(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const given = headers["lambda-runtime-client-context"];
  return {
    awsRequestId: requestId,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    ...(given === undefined ? {} : { clientContext: JSON.parse(given) }),
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function named(name, message) {
  return Object.assign(new Error(message), { name });
}

function failure(error) {
  const isError = error instanceof Error;
  return JSON.stringify({
    errorType: isError ? error.name : typeof error,
    errorMessage: isError ? error.message : String(error),
    trace: isError ? (error.stack ?? "").split("\n") : [],
  });
}

function ask(method, path, body = "") {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const asked = request(
      { host, port, agent, method, path: `${folder}/2018-06-01/runtime/${path}`, headers },
      (response) => {
        const parts = [];
        response.on("data", (part) => parts.push(part));
        response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(parts).toString("utf8") }));
        response.on("error", reject);
      },
    );
    asked.on("error", reject);
    asked.end(body);
  });
}
