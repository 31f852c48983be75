import { render } from "preact";
import { ApiError, logIn } from "./live/api.ts";
import { followLinks, go, place } from "./live/router.ts";
import { keepSessionHalf, noteSessionEnd, sessionHalf, sessionState, takeCode } from "./live/session.ts";
import { Login } from "./login.tsx";
import { Shell } from "./shell.tsx";
import { followKeys } from "./ui/keys.ts";

/** Spends the code of the address if there is one. Returns why it opened nothing. */
async function enter(): Promise<string | undefined> {
  const code = takeCode();
  place.value = { path: location.pathname, search: location.search };
  if (code === undefined) {
    if (sessionHalf() === undefined) noteSessionEnd();
    else sessionState.value = "open"; // the first answer tells whether it still is
    return undefined;
  }
  try {
    await logIn(code);
    if (location.pathname === "/login") go("/", { replace: true });
    return undefined;
  } catch (error) {
    if (sessionHalf() === undefined) keepSessionHalf(undefined);
    sessionState.value = sessionHalf() === undefined ? "none" : "open";
    return error instanceof ApiError ? error.message : String(error);
  }
}

function Console({ problem }: { readonly problem: string | undefined }) {
  return sessionState.value === "open" ? <Shell /> : <Login problem={problem} />;
}

const root = document.getElementById("console");
if (root === null) throw new Error("The page has no place for the console");
followLinks();
followKeys();
const problem = await enter();
render(<Console problem={problem} />, root);
