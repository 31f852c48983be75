import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLambdaAppSpec } from "./lambda.ts";

const parse = (text: string) => parseLambdaAppSpec(text, { file: "appspec.yml" });
const problems = (text: string) => parse(text).findings.map(({ message }) => message);

const asInTheGuide = `# This is an appspec.yml template file.
version: 0.0
Resources:
  - MyFunction: # the logical name
      Type: AWS::Lambda::Function
      Properties:
        Name: "shop" # Specify the name of your Lambda function
        Alias: "live"
        CurrentVersion: "1"
        TargetVersion: "2"
# Hooks:
#   - BeforeAllowTraffic: "LambdaFunctionToValidateBeforeTrafficShift"
`;

test("the file of the guide, with its comments, is read", () => {
  assert.deepEqual(parse(asInTheGuide), {
    appSpec: { functionName: "shop", alias: "live", currentVersion: "1", targetVersion: "2", hooks: {} },
    findings: [],
  });
});

test("lower-case keys, a plain mapping, bare versions and JSON mean the same", () => {
  const lower = parse(
    "version: '0.0'\nresources:\n  f:\n    type: AWS::Lambda::Function\n    properties: {name: shop, alias: live, currentversion: 1, targetversion: 2}\nhooks:\n  - beforeallowtraffic: check\n",
  );
  const json = parse(
    JSON.stringify({
      version: 0.0,
      Resources: [
        {
          f: {
            Type: "AWS::Lambda::Function",
            Properties: { Name: "shop", Alias: "live", CurrentVersion: "1", TargetVersion: 2 },
          },
        },
      ],
      Hooks: [{ BeforeAllowTraffic: "check" }],
    }),
  );

  const wanted = {
    functionName: "shop",
    alias: "live",
    currentVersion: "1",
    targetVersion: "2",
    hooks: { BeforeAllowTraffic: "check" },
  };
  assert.deepEqual([lower.appSpec, json.appSpec], [wanted, wanted]);
});

test("the current version may be left to the alias", () => {
  assert.equal(parse(asInTheGuide.replace(/ +CurrentVersion.*\n/, "")).appSpec?.currentVersion, undefined);
});

test("each problem is told with its line", () => {
  const bad = asInTheGuide
    .replace("AWS::Lambda::Function", "AWS::ECS::Service")
    .replace('Alias: "live"', "Alias:")
    .replace('TargetVersion: "2"', 'TargetVersion: "$LATEST"');

  const found = problems(`${bad}Hooks:\n  - AfterInstall: f\n  - AfterAllowTraffic:\n`);

  const told = [
    /Type is "AWS::ECS::Service" \(appspec\.yml line 5/,
    /no function can be called at "AfterInstall" \(appspec\.yml line 14/,
    /hook AfterAllowTraffic .* nothing was found \(appspec\.yml line 15/,
    /key "Alias" is missing/,
    /TargetVersion is "\$LATEST".*line 10/,
  ];
  assert.equal(found.length, told.length, found.join("\n"));
  for (const [index, pattern] of told.entries()) assert.match(found[index] ?? "", pattern);
});

test("a text of very many escapes is not read: each that is wrong costs as much as a part", () => {
  const [problem] = problems(`"${String.raw`\x`.repeat(5_000)}`);
  assert.match(problem ?? "", /it has more than 1000 parts/);
});

test("two functions, no function, nothing and no YAML are refused", () => {
  const twice = asInTheGuide.replace("# Hooks", "  - Other: {Type: AWS::Lambda::Function}\n# Hooks");
  assert.match(problems(twice).join(), /of one function, and it names MyFunction, Other/);
  assert.match(problems("version: 0.0\nResources: []").join(), /names no function/);
  assert.match(problems("").join(), /is missing or has an invalid configuration: it is empty/);
  assert.match(problems("version: 0.0\nResources: [").join(), /not well-formed yaml.*cannot be parsed: .*line 2/);
  assert.match(problems("version: 1\nResources: x").join(), /invalid version value \(1\)/);
});
