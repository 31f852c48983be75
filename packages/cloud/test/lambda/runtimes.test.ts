import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { create, LambdaFixture, invoke, node, noPython, python, pythonRuntime, zip } from "./lambda-fixture.ts";

test("a module that awaits at its top, or that is JavaScript of either kind without saying which, is loaded", async (t) => {
  const fixture = await LambdaFixture.open(t);
  await create(fixture, "waits", node(`const value = await Promise.resolve(7); export const handler = () => value;`));
  await create(
    fixture,
    "module",
    node(`import { sep } from "node:path"; export const handler = () => sep;`, "index.js"),
  );
  await create(
    fixture,
    "script",
    node(`exports.handler = (event, context, done) => done(null, "called");`, "index.js"),
  );

  const answers = await Promise.all(["waits", "module", "script"].map((name) => invoke(fixture, name)));

  assert.deepEqual(
    answers.map(({ value }) => value),
    [7, "/", "called"],
  );
});

test("a Python function logs as on Lambda, also while its module is loaded", { skip: noPython }, async (t) => {
  const fixture = await LambdaFixture.open(t);
  const code = `
import logging
logging.getLogger().setLevel("INFO")
logging.info("at its start")
def handler(event, context):
    logging.getLogger("shop").warning("two\\nlines")
    print("plain")
    return len(logging.getLogger().handlers)
`;
  await create(fixture, "log", python(code), pythonRuntime);

  const { value, LogResult } = await invoke(fixture, "log", {}, { LogType: "Tail" });

  const log = Buffer.from(LogResult ?? "", "base64").toString("utf8");
  assert.equal(value, 1);
  assert.match(log, /\[INFO\]\t\S+Z\t\tat its start\n/);
  assert.match(log, /\[WARNING\]\t\S+Z\t[0-9a-f-]{36}\ttwo\nlines\n.*plain\n/s);
});

test(
  "a function can read its code, however closed the files are that this program makes",
  { skip: noPython },
  async (t) => {
    const before = process.umask(0o077);
    t.after(() => process.umask(before));
    const fixture = await LambdaFixture.open(t);
    const files = [
      { name: "main.py", content: "from shop.till import value\ndef handler(event, context):\n    return value\n" },
      { name: "shop/till.py", content: "value = 7" },
    ];
    await create(fixture, "closed", zip(files), pythonRuntime);

    const { value } = await invoke(fixture, "closed");

    assert.equal(value, 7);
  },
);

test("a Python function finds this machine's packages, and its own before them", { skip: noPython }, async (t) => {
  const fixture = await LambdaFixture.open(t);
  const code = `
def handler(event, context):
    try:
        import pip
        return pip.__version__
    except ImportError as error:
        return str(error)
`;
  await create(
    fixture,
    "own",
    python(`import sys\n${code}\nsys.modules["pip"] = sys\nsys.__version__ = "own"`),
    pythonRuntime,
  );
  await create(fixture, "machine", python(code), pythonRuntime);

  const [own, machine] = [await invoke(fixture, "own"), await invoke(fixture, "machine")];

  assert.equal(own.value, "own");
  if (String(machine.value).includes("No module")) return t.skip("this machine's Python has no pip to be found");
  assert.match(String(machine.value), /^\d+\./);
});

const skipRuby = spawnSync("ruby", ["--version"]).status === 0 ? false : "this machine has no ruby";

test(
  "a Ruby function is called with its event and context, by its method or by a class's",
  { skip: skipRuby },
  async (t) => {
    const fixture = await LambdaFixture.open(t);
    const code = zip([
      { name: "lib/greeting.rb", content: `def greeting(name) = "hello #{name}"` },
      {
        name: "main.rb",
        content: `
require "lib/greeting"
def handler(event:, context:)
  puts "called"
  { said: greeting(event["name"]), name: context.function_name, left: context.get_remaining_time_in_millis.positive? }
end
module Shop
  class Till
    def self.process(event:, context:)
      raise ArgumentError, "no" if event["bad"]
      $calls = ($calls || 0) + 1
    end
  end
end`,
      },
    ]);
    const runtime = { Runtime: "ruby3.3", Timeout: 10 };
    await create(fixture, "plain", code, { ...runtime, Handler: "main.handler" });
    await create(fixture, "class", code, { ...runtime, Handler: "main.Shop::Till.process" });
    await create(fixture, "none", code, { ...runtime, Handler: "nothing.handler" });

    const plain = await invoke(fixture, "plain", { name: "ü" }, { LogType: "Tail" });
    const calls = [
      await invoke(fixture, "class"),
      await invoke(fixture, "class", { bad: true }),
      await invoke(fixture, "class"),
    ];
    const none = await invoke(fixture, "none");

    assert.deepEqual(plain.value, { said: "hello ü", name: "plain", left: true });
    assert.match(Buffer.from(plain.LogResult ?? "", "base64").toString("utf8"), /^called$/m);
    const [first, bad, second] = calls.map(({ value }) => value);
    assert.deepEqual([first, second], [1, 2]);
    assert.partialDeepStrictEqual(bad, { errorType: "Function<ArgumentError>", errorMessage: "no" });
    assert.partialDeepStrictEqual(none.value, { errorType: "Init<LoadError>" });
  },
);
