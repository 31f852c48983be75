import { parseSync, Visitor } from "rolldown/utils";
import { growthOf } from "./time.ts";

/** The regular expressions of a file that may take more than linear time, and those that cannot be judged, each in a sentence. */
export function slowExpressions(path: string, text: string): readonly string[] {
  const findings: string[] = [];
  const judge = (at: number, source: string, flags: string) => {
    const growth = growthOf(source, flags);
    const line = text.slice(0, at).split("\n").length;
    if (growth !== "linear") findings.push(`line ${line}: /${source}/${flags} takes ${growth} time on some texts`);
  };
  const visitor = new Visitor({
    Literal(node) {
      if ("regex" in node && node.regex !== null) judge(node.start, node.regex.pattern, node.regex.flags);
    },
    NewExpression(node) {
      if (node.callee.type !== "Identifier" || node.callee.name !== "RegExp") return;
      const [source, flags] = node.arguments.map((argument) => textOf(argument));
      if (source === undefined) findings.push(`"new RegExp" of what is no text here: it cannot be judged`);
      else judge(node.start, source, flags ?? "");
    },
  });
  visitor.visit(parseSync(path, text).program);
  return findings;
}

/** What a program's text says; what is put into a template stands as one letter. */
function textOf(node: unknown): string | undefined {
  const found = node as {
    readonly type: string;
    readonly value?: unknown;
    readonly quasis?: readonly { readonly value: { readonly cooked: string | null } }[];
  }; // a node of the program's tree
  if (found.type === "Literal" && typeof found.value === "string") return found.value;
  if (found.type === "TemplateLiteral") return found.quasis?.map(({ value }) => value.cooked ?? "").join("x");
  return undefined;
}
