import { examineAppSpec, type Finding, type OperatingSystem, parseAppSpec } from "../../src/appspec/index.ts";
import { testCases } from "./case-table.ts";

// Every rule of the grammar as a file with its findings: the tables say how they are rewritten.

testCases("cases.txt", (source, title) => {
  const os = /\[(linux|windows)\]/.exec(title)?.[1] as OperatingSystem | undefined; // the only two that match
  const { appSpec, findings } = parseAppSpec(source, { file: "appspec.yml", os });
  const { version: _, os: __, ...rest } = appSpec ?? {};
  return [...findings.map(lineOf), ...(appSpec === undefined ? [] : [JSON.stringify(rest)])];
});

testCases("service-cases.txt", (source) => {
  const { kind, findings } = examineAppSpec(source, { file: "appspec.yml" });
  return [...findings.map(lineOf), `${findings.some(isError) ? "not " : ""}for ${kind}`];
});

function lineOf({ severity, rule, message }: Finding): string {
  return `${severity} ${rule}: ${message}`;
}

function isError({ severity }: Finding): boolean {
  return severity === "error";
}
