import { join } from "node:path";
import { defineService, type Service, serviceModel } from "@sluice/aws-protocol";
import type { CloudDatabase } from "../../store/database.ts";
import type { LogStore } from "../logs/index.ts";
import { lambdaAccesses } from "./accesses.ts";
import { aliasOperations } from "./operations/aliases.ts";
import { CodeLinks } from "./store/code-links.ts";
import { CodeStore } from "./store/code-store.ts";
import type { LambdaContext } from "./context.ts";
import { eventInvokeOperations } from "./operations/event-invoke-config.ts";
import { EventQueue } from "./invocation/event-queue.ts";
import { Executor } from "./execution/executor.ts";
import type { RoleKeys } from "./execution/function-environment.ts";
import { type FunctionRow } from "./store/function-rows.ts";
import { functionOperations, sweepCode } from "./operations/functions.ts";
import { urlOperations } from "./operations/function-urls.ts";
import { callFunction } from "./invocation/call-function.ts";
import { invocationOperations } from "./operations/invocations.ts";
import { permissionOperations } from "./operations/permissions.ts";
import { concurrencyOperations, provision } from "./operations/provisioned-concurrency.ts";
import { hostRuntimes } from "./runtimes/runtimes.ts";
import { programFolder } from "./runtimes/sdk-copy.ts";
import { tagOperations } from "./operations/tags.ts";
import { urlService } from "./invocation/url-service.ts";
import { versionOperations } from "./operations/versions.ts";

export type { RoleKeys } from "./execution/function-environment.ts";
export { lambdaTables } from "./tables.ts";

export interface LambdaOptions {
  readonly dataFolder: string;
  readonly db: CloudDatabase;
  readonly logs: LogStore;
  readonly clock: () => number;
  readonly chance: () => number;
  readonly region: string;
  readonly accountId: string;
  /** Where functions reach the cloud. */
  readonly endpoint: () => { readonly url: string; readonly port: number };
  readonly roleKeys: (role: string, session: string) => Promise<RoleKeys>;
  readonly readObject: LambdaContext["readObject"];
  readonly uniqueIdOf: LambdaContext["uniqueIdOf"];
  readonly note: (line: string) => void;
  readonly onDefect: (error: unknown, requestId: string) => void;
}

/** Lambda, open. */
export interface OpenLambda {
  /** The API, and the function URLs. */
  readonly services: readonly Service[];
  /** Resumes what an earlier run has left: events, and processes that are to be kept ready. */
  start(): Promise<void>;
  /** Ends all processes of functions. */
  close(): Promise<void>;
}

/** Longest request, in bytes: code of 50 MB, Lambda's limit for what is uploaded directly, as base64 in JSON. */
const requestBytesMax = 70 * 1024 * 1024;

/** Opens Lambda on a data folder. */
export function openLambda(options: LambdaOptions): OpenLambda {
  const { db, logs, clock, region, accountId, endpoint, onDefect, note } = options;
  const folder = join(options.dataFolder, "cloud", "lambda");
  const code = new CodeStore(join(folder, "code"));
  const runtimes = hostRuntimes(folder);
  const executor = new Executor({
    folder,
    hidden: [options.dataFolder, programFolder()],
    runtimes,
    logs,
    clock,
    region,
    note,
    codeFolder: (one) => code.folderOf(one),
    endpoint: () => endpoint().url,
    roleKeys: options.roleKeys,
  });
  const [links, toldRuntimes] = [new CodeLinks(clock), new Set<string>()];
  const common = { ...options, code, links, runtimes, toldRuntimes, executor, port: () => endpoint().port };
  const events = new EventQueue({ db, clock, region, accountId, note, invoke: (event) => callFunction(common, event) });
  const context: LambdaContext = { ...common, events };
  sweepCode(context);
  return {
    services: [lambdaService(context, onDefect), urlService(context, onDefect)],
    async start() {
      await executor.start();
      for (const { name } of db.all<FunctionRow>("SELECT * FROM functions")) provision(context, name);
      events.start();
    },
    async close() {
      const settled = events.close();
      await executor.close();
      await settled;
      logs.close();
    },
  };
}

function lambdaService(context: LambdaContext, onDefect: (error: unknown, requestId: string) => void): Service {
  return defineService({
    name: "lambda",
    model: serviceModel("lambda"),
    signingNames: ["lambda"],
    operations: {
      ...functionOperations,
      ...versionOperations,
      ...aliasOperations,
      ...urlOperations,
      ...invocationOperations,
      ...eventInvokeOperations,
      ...permissionOperations,
      ...concurrencyOperations,
      ...tagOperations,
    },
    context,
    bodyBytesMax: requestBytesMax,
    accesses: lambdaAccesses(context),
    onDefect,
  });
}
