import assert from "node:assert/strict";
import { test } from "node:test";
import { create, LambdaFixture, invoke } from "./lambda-fixture.ts";
import { hasJava, java } from "./java.ts";

const skip = hasJava ? false : "this machine has no javac";
const runtime = (Handler: string) => ({ Runtime: "java17", Handler, Timeout: 30, MemorySize: 256 });

test("a Java handler of Lambda's own interface takes and gives classes, and logs", { skip }, async (t) => {
  const fixture = await LambdaFixture.open(t);
  const code = await java({
    "shop/Order.java": `package shop;
      public class Order {
        public enum State { NEW, PAID }
        private String name; private int[] counts; private State state; private java.util.Map<String, Long> prices;
        public String getName() { return name; } public void setName(String value) { name = value; }
        public int[] getCounts() { return counts; } public void setCounts(int[] value) { counts = value; }
        public State getState() { return state; } public void setState(State value) { state = value; }
        public java.util.Map<String, Long> getPrices() { return prices; } public void setPrices(java.util.Map<String, Long> value) { prices = value; }
        public boolean isLarge() { return counts.length > 1; }
      }`,
    "shop/Pay.java": `package shop;
      import com.amazonaws.services.lambda.runtime.*;
      public class Pay implements RequestHandler<Order, Order> {
        public Order handleRequest(Order order, Context context) {
          context.getLogger().log("paid by " + context.getFunctionName() + (context.getRemainingTimeInMillis() > 0 ? " in time" : ""));
          if (order.getPrices().get("tea") != 3L) throw new IllegalStateException("not a long");
          order.setState(Order.State.PAID);
          return order;
        }
      }`,
  });
  await create(fixture, "pay", code, runtime("shop.Pay"));
  const order = { name: 'a "ü"\n', counts: [1, 2], state: "NEW", prices: { tea: 3 }, unknown: 1 };

  const { value, LogResult } = await invoke(fixture, "pay", order, { LogType: "Tail" });

  const { unknown: _left, ...known } = order;
  assert.deepEqual(value, { ...known, state: "PAID", large: true });
  assert.match(Buffer.from(LogResult ?? "", "base64").toString("utf8"), /^paid by pay in time$/m);
});

test(
  "a plain Java method takes maps, strings, records and streams, and is kept for the next event",
  { skip },
  async (t) => {
    const fixture = await LambdaFixture.open(t);
    const code = await java({
      "Handler.java": `
      import java.io.*;
      import java.util.*;
      public class Handler {
        public record Point(int x, List<Double> ys) {}
        private int calls;
        public Object map(Map<String, Object> event) { calls++; event.put("calls", calls); return event; }
        public static String text(String event) { return event + "!"; }
        public Point point(Point event) { return new Point(event.x() + 1, event.ys()); }
        public void stream(InputStream in, OutputStream out) throws IOException { in.transferTo(out); }
      }`,
    });
    for (const method of ["map", "text", "point", "stream"])
      await create(fixture, method, code, runtime(`Handler::${method}`));

    const first = await invoke(fixture, "map", { a: [null, true, 1.5, {}] });
    const second = await invoke(fixture, "map", {});
    const text = await invoke(fixture, "text", "hi");
    const point = await invoke(fixture, "point", { x: 1, ys: [1, 2.5] });
    const stream = await invoke(fixture, "stream", { as: "it is" });

    assert.deepEqual(
      [first, second, text, point, stream].map(({ value }) => value),
      [{ a: [null, true, 1.5, {}], calls: 1 }, { calls: 2 }, "hi!", { x: 2, ys: [1, 2.5] }, { as: "it is" }],
    );
  },
);

test("what goes wrong in a Java function is told as Lambda tells it", { skip }, async (t) => {
  const fixture = await LambdaFixture.open(t);
  const code = await java({
    "shop/Bad.java": `package shop;
      public class Bad { public String call(int event) { throw new IllegalStateException("no", new RuntimeException("why")); } }`,
  });
  for (const [name, handler] of Object.entries({
    throws: "shop.Bad::call",
    method: "shop.Bad::other",
    class: "shop.None",
  }))
    await create(fixture, name, code, runtime(handler));

  const thrown = await invoke(fixture, "throws", 1);
  const wrong = await invoke(fixture, "throws", "text");
  const method = await invoke(fixture, "method");
  const type = await invoke(fixture, "class");

  const told = [thrown, wrong, method, type].map(({ FunctionError, value }) => {
    const { errorType, errorMessage } = value as { errorType: string; errorMessage: string };
    return [FunctionError, errorType, errorMessage];
  });
  assert.deepEqual(told, [
    ["Unhandled", "java.lang.IllegalStateException", "no"],
    ["Unhandled", "java.lang.IllegalArgumentException", "An event of type String was given, and the handler takes int"],
    [
      "Unhandled",
      "java.lang.NoSuchMethodException",
      "No public method named other with appropriate method signature found on class shop.Bad",
    ],
    ["Unhandled", "java.lang.ClassNotFoundException", "Class not found: shop.None"],
  ]);
  const { stackTrace, cause } = thrown.value as { stackTrace: string[]; cause: { errorMessage: string } };
  assert.match(stackTrace[0] ?? "", /^shop\.Bad\.call\(Bad\.java:2\)$/);
  assert.equal(cause.errorMessage, "why");
});
