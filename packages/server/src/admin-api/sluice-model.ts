import { buildModel, type ServiceModel } from "@sluice/aws-protocol";

/** The type of a member: `document` is any JSON value. */
type MemberType = "text" | "texts" | "number" | "truth" | "document" | readonly [item: Members];

/** Members of an input or an output, with their types. */
export type Members = Readonly<Record<string, MemberType>>;

/** The shapes of operations, each with its input and its output. */
export type OperationShapes = Readonly<Record<string, readonly [input: Members, output: Members]>>;

const simple = { text: 0, number: 1, truth: 2, document: 3, texts: 4 } as const;

type Row = Parameters<typeof buildModel>[0]["shapes"][number];

/** Returns the model of Sluice's own operations, which are spoken like AWS's: signed JSON. */
export function sluiceModel(operations: OperationShapes): ServiceModel {
  const shapes: Row[] = [["string"], ["number"], ["boolean"], ["document"], ["list", "Texts", {}, [0]]];
  const add = (row: Row): number => shapes.push(row) - 1;
  const shapeOf = (type: MemberType, name: string): number =>
    typeof type === "string" ? simple[type] : add(["list", `${name}List`, {}, [structure(type[0], name)]]);
  const structure = (members: Members, name: string): number => {
    const rows = Object.entries(members).map(([member, type]) => [member, [shapeOf(type, `${name}${member}`)]]);
    return add(["structure", name, {}, rows]);
  };
  const built = Object.entries(operations).map(
    ([name, [input, output]]) =>
      [name, [structure(input, `${name}Input`), structure(output, `${name}Output`)]] as const,
  );
  return buildModel({
    protocol: "json",
    version: "2026-11-24",
    targetPrefix: "Sluice_20261124",
    operations: Object.fromEntries(built),
    errors: {},
    shapes,
  });
}
