import assert from "node:assert/strict";
import { test } from "node:test";
import { replyTo } from "./names.ts";

function question(name: string, type: number): Buffer {
  const labels = name.split(".").flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Buffer.from([0xab, 0xcd, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, type, 0, 1]);
}

function read(reply: Buffer | undefined) {
  assert(reply);
  const answers = reply.readUInt16BE(6);
  return {
    id: reply.readUInt16BE(0),
    code: reply.readUInt16BE(2) & 0xf,
    answers,
    address: answers ? [...reply.subarray(-4)].join(".") : "",
  };
}

test("names of AWS, of any region, are at the gateway", () => {
  for (const name of [
    "codedeploy.us-east-1.amazonaws.com",
    "AWS-codedeploy-ap-northeast-2.s3.ap-northeast-2.amazonaws.com",
    "x.lambda-url.eu-west-1.on.aws",
  ])
    assert.deepEqual(read(replyTo(question(name, 1))), { id: 0xabcd, code: 0, answers: 1, address: "172.31.0.1" });
});

test("the private name of an instance tells its address", () => {
  assert.equal(read(replyTo(question("ip-172-31-16-4.ec2.internal", 1))).address, "172.31.16.4");
});

test("a name of AWS has no IPv6 address, and that is no error", () => {
  assert.deepEqual(read(replyTo(question("s3.amazonaws.com", 28))), { id: 0xabcd, code: 0, answers: 0, address: "" });
});

test("other names do not exist", () => {
  for (const name of ["example.com", "amazonaws.com.example.com", "xamazonaws.com", "ip-172-31-999-4"])
    assert.deepEqual(read(replyTo(question(name, 1))), { id: 0xabcd, code: 3, answers: 0, address: "" });
});

test("what is no question gets no answer", () => {
  const whole = question("s3.amazonaws.com", 1);
  const endless = Buffer.from(whole);
  endless[12] = 0xc0;
  for (const bytes of [Buffer.alloc(0), whole.subarray(0, 20), whole.subarray(0, -1), endless])
    assert.equal(replyTo(bytes), undefined);
});
