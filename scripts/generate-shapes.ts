// Writes packages/aws-protocol/src/tables/*.json: the shapes of the operations we serve, read off the schemas that AWS's SDK packages export.
// Run it with `npm run generate` after an SDK upgrade; a test proves that running it again changes nothing.
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { type Newer, newer, services, type ServiceSource } from "./shapes/services.ts";
import { schemaNames, schemaOf, ShapeTable, traitsOf } from "./shapes/shape-table.ts";

/** Returns the table of every service, by name, as the text of its file. */
export async function generateTables(): Promise<ReadonlyMap<string, string>> {
  const tables = new Map<string, string>();
  for (const [name, service] of Object.entries(services)) tables.set(name, await tableOf(service, newer[name]));
  return tables;
}

async function tableOf(
  { package: packageName, operations, ...head }: ServiceSource,
  more: Newer | undefined,
): Promise<string> {
  const sdk = (await import(`@aws-sdk/client-${packageName}`)) as Record<string, unknown>; // its exports ending in $ are schemas
  const shapes = new ShapeTable(more);
  const names = operations?.split(" ") ?? schemaNames(sdk, 9);
  const operationRows = names.map((operation) => {
    const [, , , traits, input, output] = schemaOf(sdk, operation);
    const http = traitsOf(traits)["http"];
    return [
      operation,
      [shapes.reference(input)[0], shapes.reference(output)[0], ...(http === undefined ? [] : [http])],
    ];
  });
  const errors = schemaNames(sdk, -3).map((error) => {
    const traits = traitsOf(schemaOf(sdk, error)[3]);
    const query = traits["awsQueryError"] as [code: string, status: number] | undefined;
    return [
      error,
      [query?.[0] ?? error, traits["httpError"] ?? query?.[1] ?? (traits["error"] === "server" ? 500 : 400)],
    ];
  });
  const table = {
    generatedBy: "npm run generate (scripts/generate-shapes.ts)",
    ...head,
    operations: Object.fromEntries(operationRows),
    errors: Object.fromEntries([...errors, ...(more?.errors ?? []).map((error) => [error, [error, 400]])]),
  };
  // One shape a line: an SDK upgrade shows as a diff of the shapes that changed.
  const rows = shapes.rows.map((row) => JSON.stringify(row)).join(",\n");
  return `${JSON.stringify(table).slice(0, -1)},"shapes":[\n${rows}\n]}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  for (const [name, text] of await generateTables())
    writeFileSync(new URL(`../packages/aws-protocol/src/tables/${name}.json`, import.meta.url), text);
