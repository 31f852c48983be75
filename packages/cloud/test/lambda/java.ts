import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { zip } from "./lambda-fixture.ts";

const run = promisify(execFile);

/** Whether this machine can compile Java. */
export const hasJava = await run("javac", ["-version"]).then(
  () => true,
  () => false,
);

/** Lambda's own interfaces, as far as the tests need them; on AWS they come with the function's code, too. */
const lambdaCore = {
  "com/amazonaws/services/lambda/runtime/RequestHandler.java": `package com.amazonaws.services.lambda.runtime;
    public interface RequestHandler<I, O> { O handleRequest(I input, Context context); }`,
  "com/amazonaws/services/lambda/runtime/LambdaLogger.java": `package com.amazonaws.services.lambda.runtime;
    public interface LambdaLogger { void log(String message); }`,
  "com/amazonaws/services/lambda/runtime/Context.java": `package com.amazonaws.services.lambda.runtime;
    public interface Context { String getAwsRequestId(); String getFunctionName(); int getRemainingTimeInMillis(); LambdaLogger getLogger(); }`,
};

/** Code of a Java function: sources by path, compiled. */
export async function java(sources: Readonly<Record<string, string>>): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-java-"));
  try {
    const files = Object.entries({ ...lambdaCore, ...sources }).map(([name, text]) => {
      const file = join(folder, "sources", name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    });
    const classes = join(folder, "classes");
    await run("javac", ["-d", classes, ...files]);
    const names = readdirSync(classes, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".class"));
    return zip(names.map((name) => ({ name, content: readFileSync(join(classes, name)) })));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
