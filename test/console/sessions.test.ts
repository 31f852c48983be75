import assert from "node:assert/strict";
import { test } from "node:test";
import { IAMClient, UpdateAccessKeyCommand } from "@aws-sdk/client-iam";
import type { Audit, Session } from "@sluice/server/console-contract";
import { newUser } from "../identity/principals.ts";
import { openConsoleFixture } from "./console-fixture.ts";

/** A clock that a test moves. */
function movedClock() {
  const start = Date.now();
  let ahead = 0;
  return { clock: () => Date.now() + ahead, start, move: (milliseconds: number) => void (ahead += milliseconds) };
}

const path = "/console/api/session";

test("a code is a session once, within a minute, and nothing of it stands in an answer", async (t) => {
  const { clock, move } = movedClock();
  const { newCode, spend, ask } = await openConsoleFixture(t, { clock });
  const { code = "", expiresAt = 0 } = await newCode();
  const late = await newCode();

  const first = await spend(code);
  const second = await spend(code);
  move(61_000);
  const third = await spend(late.code ?? "");
  const invented = await spend("A".repeat(43));

  assert.match(code, /^[A-Za-z0-9_-]{43}$/, "256 bits");
  assert(expiresAt > 0);
  assert.equal(first.status, 201);
  assert.match(first.body.session, /^[A-Za-z0-9_-]{43}$/);
  for (const refused of [second, third, invented]) {
    assert.equal(refused.status, 401);
    assert.equal(refused.body.error.code, "CodeNotGood");
    assert.equal(refused.headers["set-cookie"], undefined);
  }
  const [cookie = ""] = first.headers["set-cookie"] ?? [];
  assert.match(cookie, /^sluice-session-\d+=[A-Za-z0-9_-]{43}; Path=\/console; HttpOnly; SameSite=Strict$/);
  assert.equal(first.text.includes(cookie.split(/[=;]/)[1] ?? "?"), false, "the cookie's half is in no body");
  assert.equal((await ask(`${path}?code=${code}`)).status, 401, "a link that is only looked at spends nothing");
});

test("whoever sets the clock back prolongs no code and no session", async (t) => {
  const { clock, move } = movedClock();
  const { newCode, spend, logIn, ask } = await openConsoleFixture(t, { clock });
  const hour = 3_600_000;
  const { code = "" } = await newCode();
  const one = await logIn();
  move(-30_000);
  assert.equal((await ask(path, { as: one })).status, 200, "clocks that are set right go back a little");

  move(-5 * hour);
  assert.equal((await spend(code)).status, 401);
  assert.equal((await ask(path, { as: one })).status, 401);
  move(5 * hour);
  assert.equal((await ask(path, { as: one })).status, 401, "it has ended");
});

test("a session needs both of its halves", async (t) => {
  const { logIn, ask } = await openConsoleFixture(t);
  const [one, other] = [await logIn(), await logIn()];
  const asked = {
    both: await ask<Session>(path, { as: one }),
    cookieAlone: await ask(path, { headers: { cookie: one.cookie } }),
    headerAlone: await ask(path, { headers: { "x-sluice-session": one.session } }),
    mixed: await ask(path, { as: { cookie: one.cookie, session: other.session } }),
    exchanged: await ask(path, {
      headers: {
        cookie: `${one.cookie.split("=")[0]}=${one.session}`,
        "x-sluice-session": one.cookie.split("=")[1] ?? "",
      },
    }),
    twice: await ask(path, { headers: { cookie: `${one.cookie}; ${other.cookie}`, "x-sluice-session": one.session } }),
  };

  assert.deepEqual(
    Object.values(asked).map(({ status }) => status),
    [200, 401, 401, 401, 401, 401],
  );
  assert.match(asked.both.body.principal, /^arn:aws:iam::/);
  assert.equal(asked.both.body.isAdministrator, true);
  assert.deepEqual(
    asked.both.body.sessions.map(({ isThis }) => isThis),
    [true, false],
  );
});

test("a session ends after an hour without use, after twelve hours in any case, and when it is told to", async (t) => {
  const { clock, move } = movedClock();
  const { logIn, ask } = await openConsoleFixture(t, { clock });
  const [idle, used, revoked] = [await logIn(), await logIn(), await logIn()];
  const statusOf = async (as: typeof idle) => (await ask(path, { as })).status;
  const { body } = await ask<Session>(path, { as: used });
  const id = body.sessions[2]?.id ?? "";

  assert.equal(
    (await ask("/console/api/actions/revoke-session", { method: "POST", body: { id }, as: used })).status,
    200,
  );
  assert.equal(await statusOf(revoked), 401);
  move(50 * 60_000);
  assert.equal(await statusOf(used), 200);
  move(50 * 60_000);
  assert.deepEqual([await statusOf(idle), await statusOf(used)], [401, 200]);
  for (let hours = 0; hours < 11; hours += 0.5) {
    move(30 * 60_000);
    await statusOf(used);
  }
  assert.equal(await statusOf(used), 401, "twelve hours are over");
  const last = await logIn();
  const out = await ask(path, { method: "DELETE", as: last });
  assert.equal(out.status, 200);
  assert.match(String(out.headers["set-cookie"]), /=; Max-Age=0; Path=\/console/);
  assert.equal(await statusOf(last), 401);
});

test("a session ends with its key, and only who may have a code gets one", async (t) => {
  const fixture = await openConsoleFixture(t);
  const { logIn, newCode, ask } = fixture;
  const code = { Effect: "Allow", Action: "sluice:CreateConsoleCode", Resource: "*" };
  const [ada, bob] = [await newUser(fixture, "ada", code), await newUser(fixture, "bob")];
  const asAda = await logIn(ada);
  const [before, refused] = [await ask(path, { as: asAda }), await newCode(bob)];

  const iam = new IAMClient(fixture.as());
  const key = { UserName: "ada", AccessKeyId: ada.accessKeyId };
  await iam.send(new UpdateAccessKeyCommand({ ...key, Status: "Inactive" }));
  const after = await ask(path, { as: asAda });
  await iam.send(new UpdateAccessKeyCommand({ ...key, Status: "Active" }));
  iam.destroy();

  assert.equal(before.status, 200);
  assert.match(refused.message ?? "", /not authorized to perform: sluice:CreateConsoleCode/);
  assert.equal(after.status, 401);
  assert.equal((await ask(path, { as: asAda })).status, 401, "what has ended does not come back with the key");
  const host = await fixture.identities.issueForHost("i-1", "arn:aws:sts::123456789012:assumed-role/web/i-1");
  assert.equal((await newCode(host)).code, undefined, "a host looks at no console");
});

test("the beginnings and ends of sessions are in the audit log, refused ones too", async (t) => {
  const { logIn, spend, ask } = await openConsoleFixture(t);
  await spend("B".repeat(43));
  const [gone, reader] = [await logIn(), await logIn()];
  await ask(path, { method: "DELETE", as: gone });

  const { body } = await ask<Audit>("/console/api/audit", { as: reader });

  const told = body.rows.filter(({ operation }) => operation.endsWith("ConsoleSession"));
  assert.deepEqual(told.map(({ operation, outcome }) => `${operation} ${outcome}`).toReversed(), [
    "BeginConsoleSession CodeNotGood",
    "BeginConsoleSession Succeeded",
    "BeginConsoleSession Succeeded",
    "EndConsoleSession Succeeded",
  ]);
  for (const { session } of [gone, reader]) assert.equal(JSON.stringify(body).includes(session), false);
});

test("whoever guesses codes fills neither the audit log nor the memory", async (t) => {
  const { clock, move } = movedClock();
  const { logIn, spend, ask } = await openConsoleFixture(t, { clock });
  for (let guesses = 0; guesses < 30; guesses += 1) assert.equal((await spend("B".repeat(43))).status, 401);
  move(60_000);
  await spend("B".repeat(43));

  const long = await ask(path, { method: "POST", body: { code: "B", pad: "x".repeat(2_000) } });
  const { body } = await ask<Audit>("/console/api/audit", { as: await logIn() });

  assert.equal(long.status, 413);
  const told = body.rows.filter(({ outcome }) => outcome === "CodeNotGood").length;
  assert(told >= 11 && told <= 21, `${told} of 31 are told: ten in each of the two or three minutes`);
});
