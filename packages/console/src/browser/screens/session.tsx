import type { Session, SessionRow } from "@sluice/server/console-contract";
import { address, logOut } from "../live/api.ts";
import { useSnapshot } from "../live/snapshot.ts";
import { ActionButton } from "../ui/action.tsx";
import { PageHeader } from "../ui/header.tsx";
import { Shown } from "../ui/pictures.tsx";
import { type Preferences, prefer, preferences } from "../ui/preferences.ts";
import { Ago, durationText } from "../ui/time.tsx";
import { toast } from "../ui/toasts.tsx";

/** Who one is, which sessions there are, and how the pages look here. */
export function SessionPage() {
  const snapshot = useSnapshot(address("/console/api/session"));
  return (
    <>
      <PageHeader
        title="Session"
        cli={["console"]}
        actions={
          <button
            type="button"
            class="button"
            onClick={() => void logOut().catch((error: unknown) => toast(String(error)))}
          >
            Log out
          </button>
        }
      />
      <div class="stack wide">
        <Shown of={snapshot} what="your session">
          {(session) => <Me session={session} reload={snapshot.reload} />}
        </Shown>
        <Looks />
      </div>
    </>
  );
}

function Me({ session, reload }: { readonly session: Session; readonly reload: () => void }) {
  const { principal, accountId, region, version, isAdministrator, idleMilliseconds, expiresAt, endpoint, sessions } =
    session;
  return (
    <>
      <section class="panel" aria-labelledby="me">
        <header>
          <h2 id="me">You</h2>
        </header>
        <dl class="facts body">
          <dt>Principal</dt>
          <dd class="mono small">
            {principal}
            {isAdministrator && <span class="tag"> administrator</span>}
          </dd>
          <dt>Account and region</dt>
          <dd>
            {accountId}, {region}
          </dd>
          <dt>API</dt>
          <dd class="mono small">{endpoint}</dd>
          <dt>This session</dt>
          <dd>
            ends <Ago at={expiresAt} />, or after {durationText(idleMilliseconds)} without use
          </dd>
          <dt>Sluice</dt>
          <dd>{version}</dd>
        </dl>
      </section>
      <section class="panel" aria-labelledby="sessions">
        <header>
          <h2 id="sessions">Your sessions</h2>
        </header>
        <table class="list">
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">Last used</th>
              <th scope="col">Ends</th>
              <th scope="col" />
            </tr>
          </thead>
          <tbody>
            {sessions.map((row) => (
              <Row key={row.id} row={row} can={session.can["revoke-session"]} reload={reload} />
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

function Row({
  row: { id, isThis, sourceIp, userAgent, lastUsedAt, expiresAt },
  can,
  reload,
}: {
  readonly row: SessionRow;
  readonly can: Session["can"]["revoke-session"];
  readonly reload: () => void;
}) {
  return (
    <tr>
      <td class="any">
        {sourceIp ?? "unknown"} {isThis && <span class="tag ok">this one</span>}
        <p class="muted small clip-2">{userAgent}</p>
      </td>
      <td class="soft">
        <Ago at={lastUsedAt} isShort />
      </td>
      <td class="soft">
        <Ago at={expiresAt} isShort />
      </td>
      <td class="num">
        {!isThis && (
          <ActionButton
            name="revoke-session"
            body={{ id }}
            can={can}
            label="End"
            look="danger"
            isSmall
            question="End this session?"
            done={reload}
          />
        )}
      </td>
    </tr>
  );
}

const schemes: readonly (readonly [Preferences["scheme"], string])[] = [
  ["auto", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
];

function Looks() {
  const { scheme, isUtc, isCompact, hasKeys } = preferences.value;
  return (
    <section class="panel" aria-labelledby="looks">
      <header>
        <h2 id="looks">In this browser</h2>
      </header>
      <div class="body stack">
        <div class="segments" role="group" aria-label="Colours">
          {schemes.map(([value, text]) => (
            <button type="button" key={value} aria-pressed={scheme === value} onClick={() => prefer({ scheme: value })}>
              {text}
            </button>
          ))}
        </div>
        <label class="check">
          <input type="checkbox" checked={isUtc} onChange={(event) => prefer({ isUtc: event.currentTarget.checked })} />{" "}
          Times in UTC
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={isCompact}
            onChange={(event) => prefer({ isCompact: event.currentTarget.checked })}
          />{" "}
          Lower rows
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={hasKeys}
            onChange={(event) => prefer({ hasKeys: event.currentTarget.checked })}
          />{" "}
          Single letters are commands
        </label>
      </div>
    </section>
  );
}
