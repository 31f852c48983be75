import assert from "node:assert/strict";
import { test } from "node:test";
import { isTransient, TransientError, RequestRefused, Throttled, errorOfStatus } from "./protocol/request-errors.ts";
import { doublingPauses, withRetries, retryUntil, AgentStopping } from "./retry.ts";

const away = () => Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
const limits = { withoutProgress: 60, total: 1_000 };

/** Tries against a clock that goes on by five milliseconds in each pause, and by nothing else. */
function slowly() {
  let time = 0;
  const pauses = () => {
    time += 5;
    return 0;
  };
  return { pauses, log: () => {}, limits, clock: () => time };
}

/** Attempts that fail with these errors, one after the other, and then succeed. */
function failing(...errors: readonly Error[]) {
  const left = [...errors];
  const calls = { count: 0 };
  const attempt = async () => {
    calls.count += 1;
    const error = left.shift();
    if (error !== undefined) throw error;
    return "done";
  };
  return { attempt, calls };
}

test("what may pass is tried again, and what is refused is not", async () => {
  const passing = failing(
    away(),
    new TransientError("503"),
    new Throttled("SlowDown"),
    new Error("x", { cause: away() }),
  );
  assert.equal(await withRetries(passing.attempt, slowly()), "done");
  assert.equal(passing.calls.count, 5);

  const refused = failing(away(), new RequestRefused("403"));
  await assert.rejects(withRetries(refused.attempt, slowly()), { message: "403" });
  assert.equal(refused.calls.count, 2);

  const defect = failing(new TypeError("x is not a function"));
  await assert.rejects(withRetries(defect.attempt, slowly()), TypeError);
  assert.equal(defect.calls.count, 1);
});

test("nothing is tried for longer than patience lasts, and progress renews it", async () => {
  let calls = 0;
  const hopeless = withRetries(async () => {
    calls += 1;
    throw away();
  }, slowly());
  await assert.rejects(hopeless, /^Error: connect ECONNREFUSED \(given up after 0 s\)$/);
  assert.equal(calls, 13); // twelve pauses fit into 60 ms

  const advancing = (times: number) => {
    let attempts = 0;
    return async (progressed: () => void) => {
      attempts += 1;
      if (attempts === times) return "done";
      progressed();
      throw away();
    };
  };
  assert.equal(await withRetries(advancing(100), slowly()), "done");
  await assert.rejects(withRetries(advancing(300), slowly()), /given up after 1 s/);
});

test("an attempt that gets further for ever ends with the time that there is for it", async () => {
  let time = 0;
  const trickling = withRetries(
    async (progressed) => {
      for (; ; time += 10) progressed();
    },
    { ...slowly(), clock: () => time },
  );

  await assert.rejects(trickling, /^Error: It came too slowly \(given up after 1 s\)$/);
});

test("an endless call goes on after everything but the service's own refusal, until the agent stops", async () => {
  const stop = new AbortController();
  const retry = retryUntil(stop.signal, { pauses: () => 1, log: () => {}, limits: { withoutProgress: 0, total: 0 } });

  const unclear = failing(new Error("unclear"), errorOfStatus(503, undefined, "503"));
  assert.equal(await retry(unclear.attempt, { isEndless: true }), "done");
  await assert.rejects(retry(failing(new RequestRefused("400")).attempt, { isEndless: true }), { message: "400" });
  await assert.rejects(retry(failing(away()).attempt), /given up/);

  stop.abort();
  await assert.rejects(retry(failing(away()).attempt, { isEndless: true }), AgentStopping);
});

test("an answer's status and code tell whether another attempt is worth while", () => {
  const kind = (status: number, code?: string) => {
    const error = errorOfStatus(status, code, "x");
    return error instanceof Throttled ? "throttled" : isTransient(error);
  };

  assert.deepEqual(
    [403, 404, 400, 412, 301].map((status) => kind(status)),
    [false, false, false, false, false],
  );
  assert.deepEqual(
    [500, 502, 503, 504, 408].map((status) => kind(status)),
    [true, true, true, true, true],
  );
  assert.deepEqual([kind(429), kind(503, "SlowDown"), kind(400, "RequestTimeout")], ["throttled", "throttled", true]);
  assert(!isTransient(Object.assign(new Error("x"), { code: "CERT_HAS_EXPIRED" })));
  assert(!isTransient(Object.assign(new Error("x"), { code: "ENOSPC" })));
  assert(isTransient(new Error("x", { cause: Object.assign(new Error("y"), { code: "EAI_AGAIN" }) })));
});

test("pauses double up to a limit, half of each is random, and throttled ones are longer", () => {
  const pauses = doublingPauses({ longestThrottledSeconds: 60 });
  const within = (wait: number, full: number) => wait >= full / 2 && wait <= full;

  assert(within(pauses(1, away()), 100) && within(pauses(4, away()), 800) && within(pauses(40, away()), 30_000));
  assert(within(pauses(1, new Throttled("x")), 2_000) && within(pauses(40, new Throttled("x")), 60_000));
});
