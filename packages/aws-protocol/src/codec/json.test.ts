import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { everything, sampleShape } from "../../test/fixtures/sample-model.ts";
import { decodeJson, encodeJson } from "./json.ts";

const shape = sampleShape("json");
const decode = (body: unknown) => decodeJson(shape, typeof body === "string" ? body : JSON.stringify(body));
const refused = (body: unknown, message: RegExp) =>
  assert.throws(() => decode(body), { name: "Fault", code: "SerializationException", message });

test("a value of every kind survives the way over the wire", () => {
  assert.deepEqual(decode(encodeJson(shape, everything)), everything);
});

test("times are numbers of seconds, blobs base64, and absent members are left out", () => {
  const text = encodeJson(shape, {
    At: new Date(1_446_744_188_711),
    Bytes: Buffer.from("hi"),
    Names: [],
    Text: undefined,
  });

  assert.equal(text, '{"Bytes":"aGk=","At":1446744188.711,"Names":[]}');
});

test("an empty body is an empty structure, null is absent, and unknown members are ignored", () => {
  assert.deepEqual(decode(""), {});
  assert.deepEqual(decode({ Text: null, Names: [], Weights: {}, Unknown: { deep: [1] }, text: "other case" }), {
    Names: [],
    Weights: {},
  });
});

test("a body of more parts than any input has is refused before it is read, also where no member is", () => {
  for (const part of ["[]", "{}", "[[[[]]]]", '{"a":1}', '"a"'])
    refused(`{"Unknown":[${`${part},`.repeat(200_001)}0]}`, /^Cannot read the body: it has more than 200000 parts$/);
});

test("a text is one part, whatever is in it", () => {
  const Text = String.raw`,:[{\"\\`.repeat(100_000);
  assert.deepEqual(decode({ Text }), { Text });
  assert.deepEqual(decode({ Text: "\\", Names: [Text] }), { Text: "\\", Names: [Text] });
});

test("a value of the wrong type is named with its place, and so is what was wanted", () => {
  refused({ Text: 3 }, /^Cannot read member "Text": found the number 3, wanted text$/);
  refused({ Count: "3" }, /member "Count": found text "3", wanted a number$/);
  refused({ Flag: "true" }, /member "Flag": found text "true", wanted true or false$/);
  refused({ Names: "x" }, /member "Names": found text "x", wanted a list$/);
  refused({ Names: ["x", 1] }, /member "Names\[1\]": found the number 1, wanted text$/);
  refused({ Names: [null] }, /member "Names\[0\]": found null, wanted text$/);
  refused({ Inner: { Inner: { Name: [] } } }, /member "Inner.Inner.Name": found a list, wanted text$/);
  refused({ Weights: { a: {} } }, /member "Weights.a": found a structure, wanted a number$/);
  refused({ Inners: [[]] }, /member "Inners\[0\]": found a list, wanted a structure$/);
  refused({ Bytes: "no base64!" }, /member "Bytes".*wanted base64 text$/);
  refused({ At: "page 7" }, /member "At".*wanted a timestamp$/);
  refused("[]", /^Cannot read the input: found a list, wanted a structure$/);
  refused("3", /found the number 3, wanted a structure$/);
  refused("{", /it is not JSON$/);
  refused({ Text: { secret: "x".repeat(1000) } }, /^.{0,100}$/);
});

test("numbers are whole where their member is, and never beyond what a number can tell", () => {
  assert.deepEqual(decode({ Count: 3.0, Share: 0.1, Weights: { a: 0.1 } }), {
    Count: 3,
    Share: 0.1,
    Weights: { a: 0.1 },
  });

  refused({ Count: 1.5 }, /member "Count": found the number 1.5, wanted a whole number$/);
  refused('{"Count":1e400}', /wanted a whole number$/);
  refused('{"Count":9007199254740993}', /wanted a whole number$/);
  refused('{"Share":-1e400}', /wanted a number$/);
});

test("a member by the name of a prototype changes nothing", () => {
  const decoded = decode('{"__proto__":{"Text":"x"},"Weights":{"__proto__":1,"constructor":2}}') as {
    readonly Weights: object;
  };

  assert.equal("Text" in decoded, false);
  assert.deepEqual(Object.entries(decoded.Weights), [
    ["__proto__", 1],
    ["constructor", 2],
  ]);
  assert.equal(Object.getPrototypeOf(decoded.Weights), Object.prototype);
});

test("of a member given twice the last counts", () => {
  assert.deepEqual(decode('{"Count":1,"Count":2}'), { Count: 2 });
});

test("a value nested too deep is refused, known or not, and soon", () => {
  const deep = (levels: number) => `${'{"Inner":'.repeat(levels)}{}${"}".repeat(levels)}`;
  decode(deep(60));
  refused(deep(65), /nested more than 64 levels deep$/);
  refused(deep(50_000), /nested more than 64 levels deep$/);
  refused(`{"Names":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, /wanted text$/);
});

test("whatever comes, decoding ends in a value or in a SerializationException", () => {
  const names = fc.constantFrom(...shape.members.map(({ name }) => name), "__proto__", "other");
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.dictionary(names, fc.jsonValue()).map((value) => JSON.stringify(value)),
        fc.string(),
      ),
      (body) => {
        try {
          decode(body);
        } catch (error) {
          assert.equal((error as { code?: unknown }).code, "SerializationException");
        }
      },
    ),
    { numRuns: 500 },
  );
});
