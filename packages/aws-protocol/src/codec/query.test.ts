import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { sampleShape } from "../../test/fixtures/sample-model.ts";
import { serviceModel } from "../service/model.ts";
import { decodeForm, parseForm } from "./query.ts";

const shape = sampleShape("query");
const decode = (body: string, dialect: "query" | "ec2" = "query") => decodeForm(shape, parseForm(body), dialect);

test("a form's numbered keys are lists, maps and structures", () => {
  const decoded = decode(
    "Action=Echo&Version=2026-01-01&Text=a+b%26c&Count=-7&Share=.5&Flag=true&Bytes=aGk%3D&At=2026-11-24T12%3A00%3A00Z&Names.member.2=y&Names.member.1=x&FlatName.1=p&FlatName.2=q&Weights.entry.1.key=a&Weights.entry.1.value=0.5&FlatWeights.1.key=k&FlatWeights.1.value=1&Inner.Name=one&Inner.Inner.Depth=2&Inners.item.1.Name=i",
  );

  assert.deepEqual(decoded, {
    Text: "a b&c",
    Count: -7,
    Share: 0.5,
    Flag: true,
    Bytes: Buffer.from("hi"),
    At: new Date("2026-11-24T12:00:00Z"),
    Names: ["x", "y"],
    FlatNames: ["p", "q"],
    Weights: { a: 0.5 },
    FlatWeights: { k: 1 },
    Inner: { Name: "one", Inner: { Depth: 2 } },
    Inners: [{ Name: "i" }],
  });
});

test("a list that is named and empty is empty; one that is not named is absent", () => {
  assert.deepEqual(decode("Names="), { Names: [] });
  assert.deepEqual(decode("Text="), { Text: "" });
  assert.deepEqual(decode(""), {});
});

test("items come in the order of their numbers, not of their text", () => {
  assert.deepEqual(decode("Names.member.10=c&Names.member.9=b&Names.member.1=a"), { Names: ["a", "b", "c"] });
});

test("EC2's dialect writes names with a capital and lists without a holder", () => {
  const { input } =
    serviceModel("ec2").operations.get("DescribeInstances") ?? assert.fail("there is no such operation");
  const form =
    "InstanceId.1=i-1&InstanceId.2=i-2&Filter.1.Name=tag%3Aname&Filter.1.Value.1=v&MaxResults=5&DryRun=false";

  assert.deepEqual(decodeForm(input, parseForm(form), "ec2"), {
    InstanceIds: ["i-1", "i-2"],
    DryRun: false,
    Filters: [{ Name: "tag:name", Values: ["v"] }],
    MaxResults: 5,
  });
});

const refused = (body: string, message: RegExp) =>
  assert.throws(() => decode(body), { name: "Fault", code: "SerializationException", message });

test("a value of the wrong type is named with its place", () => {
  refused("Count=many", /^Cannot read member "Count": found text "many", wanted a number$/);
  refused("Count=1.5", /wanted a whole number$/);
  refused("Count=1e999", /wanted a whole number$/);
  refused("Count=0x10", /wanted a number$/);
  refused("Flag=yes", /wanted true or false$/);
  refused("At=yesterday", /wanted a timestamp$/);
  refused("Bytes=%FF", /wanted base64 text$/);
  refused("Inner.Inner.Depth=x", /member "Inner.Inner.Depth"/);
  refused("Names.member.1.oops=x", /member "Names.1": found null, wanted a string$/);
  refused("Weights.entry.1.key=a", /member "Weights.1": found null, wanted a number$/);
});

test("keys by the names of prototypes change nothing", () => {
  const decoded = decode(
    "__proto__.Text=x&constructor.prototype.Text=y&Weights.entry.1.key=__proto__&Weights.entry.1.value=1",
  );

  assert.deepEqual(Object.entries(decoded as object).length, 1);
  assert.equal(({} as Record<string, unknown>)["Text"], undefined);
});

test("a form with too many parameters, or too deep a one, is refused soon", () => {
  const code = "MalformedQueryString";
  const bomb = Array.from({ length: 20_000 }, (_, index) => `Names.member.${index}=x`).join("&");
  assert.throws(() => decode(bomb), { code });
  assert.throws(() => decode(`${"Inner.".repeat(100)}Name=x`), { code });
  assert.throws(() => decode(".".repeat(900_000)), { code });
});

test("whatever comes, decoding ends in a value or a fault", () => {
  const key = fc
    .array(
      fc.constantFrom(
        "Text",
        "Count",
        "Names",
        "member",
        "Weights",
        "entry",
        "key",
        "value",
        "Inner",
        "1",
        "01",
        "-1",
        "",
      ),
      { maxLength: 6 },
    )
    .map((parts) => parts.join("."));
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.string())), fc.constantFrom("query", "ec2"), (pairs, dialect) => {
      try {
        decode(new URLSearchParams(pairs).toString(), dialect);
      } catch (error) {
        assert.match(String((error as { code?: unknown }).code), /^(SerializationException|MalformedQueryString)$/);
      }
    }),
    { numRuns: 500 },
  );
});
