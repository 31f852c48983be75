import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { everything, sampleShape } from "../../test/fixtures/sample-model.ts";
import { serviceModel } from "../service/model.ts";
import { decodeXml, encodeXmlMembers, escapeXml } from "./xml.ts";
import { parseXml } from "./xml-parser.ts";

const shape = sampleShape("rest-xml");

test("a value of every kind but maps survives the way over the wire", () => {
  const { Weights: _, FlatWeights: __, ...unmapped } = everything;

  assert.deepEqual(decodeXml(shape, `<Everything>${encodeXmlMembers(shape, unmapped)}</Everything>`), unmapped);
});

test("lists are wrapped or flat, maps have entries, and what is absent leaves no element", () => {
  const encode = (value: object) => encodeXmlMembers(shape, value);

  assert.equal(encode({ Names: ["a", "b"] }), "<Names><member>a</member><member>b</member></Names>");
  assert.equal(encode({ Names: [] }), "<Names></Names>");
  assert.equal(encode({ FlatNames: ["p", "q"] }), "<FlatName>p</FlatName><FlatName>q</FlatName>");
  assert.equal(encode({ FlatNames: [] }), "");
  assert.equal(encode({ Weights: { a: 1 } }), "<Weights><entry><key>a</key><value>1</value></entry></Weights>");
  assert.equal(encode({ FlatWeights: { a: 1 } }), "<FlatWeights><key>a</key><value>1</value></FlatWeights>");
  assert.equal(encode({ Inners: [{ Name: "i" }] }), "<Inners><item><Name>i</Name></item></Inners>");
  assert.equal(
    encode({ At: new Date(0), HttpAt: new Date(0) }),
    "<At>1970-01-01T00:00:00.000Z</At><HttpAt>Thu, 01 Jan 1970 00:00:00 GMT</HttpAt>",
  );
  assert.equal(encode({ Text: undefined, Inner: {} }), "<Inner></Inner>");
});

test("text with markup and line ends comes back as it was; what XML cannot hold does not break the document", () => {
  assert.equal(escapeXml('<a b="c">&\r\n'), "&lt;a b=&quot;c&quot;&gt;&amp;&#xD;&#xA;");
  assert.equal(escapeXml("\u0000\u0008\ufffe"), "\ufffd\ufffd\ufffd");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      assert.equal(
        parseXml(`<a>${escapeXml(text)}</a>`, 4).text,
        text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "\ufffd"),
      ); // oxlint-disable-line no-control-regex -- as above
    }),
  );
});

test("S3's own documents are read: prefixes, namespaces, declarations, comments and CDATA", () => {
  const { input } = serviceModel("s3").operations.get("DeleteObjects") ?? assert.fail("there is no such operation");
  const payload = input.kind === "structure" ? input.members.find(({ name }) => name === "Delete") : undefined;
  assert(payload);
  const text =
    '<?xml version="1.0" encoding="UTF-8"?>\n<!-- of ours --><x:Delete xmlns:x="http://s3.amazonaws.com/doc/2006-03-01/"><x:Object><x:Key>a&amp;b &#x263A; <![CDATA[<c>]]></x:Key></x:Object><Object><Key/></Object><Quiet>true</Quiet></x:Delete>\n';

  assert.deepEqual(decodeXml(payload.shape, text), {
    Objects: [{ Key: "a&b ☺ <c>" }, { Key: "" }],
    Quiet: true,
  });
});

test("what is not well-formed, or declares a document type, is MalformedXML", () => {
  const wrong = [
    "plain",
    "<a>",
    "</a>",
    "<a></b>",
    "<a></a><b></b>",
    "<a/>text",
    "<a b=c/>",
    "<a b='<'/>",
    "<a>&unknown;</a>",
    "<a>&amp</a>",
    "<a>&#x110000;</a>",
    "<a><!-- never closed</a>",
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    "<a>".repeat(65) + "</a>".repeat(65),
  ];

  for (const text of wrong) assert.throws(() => parseXml(text, 64), { name: "Fault", code: "MalformedXML" }, text);
});

test("a document of more parts than any input has is refused; one that completes an upload of 10,000 parts has fewer", () => {
  for (const part of ["<a/>", "<a></a>", "<a b='c'/>", "&amp;", "<!---->"])
    assert.throws(() => parseXml(`<Delete>${part.repeat(200_000)}</Delete>`, 64), { code: "MalformedXML" }, part);
  const part =
    "<Part><PartNumber>1</PartNumber><ETag>&quot;a&quot;</ETag><ChecksumSHA256>a=</ChecksumSHA256><ChecksumCRC32>a==</ChecksumCRC32></Part>";
  assert.equal(
    parseXml(`<CompleteMultipartUpload>${part.repeat(10_000)}</CompleteMultipartUpload>`, 64).children.length,
    10_000,
  );
});

test("a value of the wrong type is named with its place", () => {
  assert.throws(() => decodeXml(shape, "<a><Count>x</Count></a>"), {
    code: "SerializationException",
    message: 'Cannot read member "/Count": found text "x", wanted a number',
  });
});

test("a megabyte of hostile markup is refused within a second", () => {
  const megabyte = 1_000_000;
  const hostile = [
    "<a>".repeat(megabyte / 3),
    `<a ${" ".repeat(megabyte)}`,
    `<a${' b="c"'.repeat(megabyte / 6)}`,
    `<${"a".repeat(megabyte)}`,
    "<!--".repeat(megabyte / 4),
    `<a>${"&amp;".repeat(megabyte / 5)}`,
    `<a>${"&".repeat(megabyte)}</a>`,
    `<a>${"<![CDATA[".repeat(megabyte / 9)}</a>`,
  ];
  const start = performance.now();

  for (const text of hostile) assert.throws(() => parseXml(text, 64), { code: "MalformedXML" });

  assert(performance.now() - start < 1000 * hostile.length);
});
