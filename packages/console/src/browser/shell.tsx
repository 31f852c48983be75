import type { ComponentType } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { tick } from "./live/clock.ts";
import type { PageName } from "../page-paths.ts";
import { pathTo, place, route } from "./live/router.ts";
import { listen } from "./live/shared-stream.ts";
import { live } from "./live/stream.ts";
import { NowPage } from "./screens/now.tsx";
import { Dialogs } from "./ui/dialog.tsx";
import { Icon, type IconName } from "./ui/icons.tsx";
import { palette } from "./ui/keys.ts";
import { KeyHelp, Palette } from "./ui/palette.tsx";
import { Empty, Loading } from "./ui/pictures.tsx";
import { clockText } from "./ui/time.tsx";
import { Toasts } from "./ui/toasts.tsx";

/** A page: it is given the names in its path. */
export type Page = ComponentType<{ readonly names: Readonly<Record<string, string>> }>;

/** Every page, loaded when it is first shown. */
const pages: Readonly<Record<PageName, () => Promise<Page>>> = {
  now: () => Promise.resolve(NowPage),
  where: () => import("./screens/where.tsx").then(({ WherePage }) => WherePage),
  deployments: () => import("./screens/deployments.tsx").then(({ DeploymentsPage }) => DeploymentsPage),
  applications: () => import("./screens/applications.tsx").then(({ ApplicationsPage }) => ApplicationsPage),
  application: () => import("./screens/application.tsx").then(({ ApplicationPage }) => ApplicationPage),
  group: () => import("./screens/group.tsx").then(({ GroupPage }) => GroupPage),
  deploy: () => import("./screens/deploy/deploy.tsx").then(({ DeployPage }) => DeployPage),
  deployment: () => import("./screens/deployment/deployment.tsx").then(({ DeploymentPage }) => DeploymentPage),
  why: () => import("./screens/deployment/deployment.tsx").then(({ DeploymentPage }) => DeploymentPage),
  logs: () => import("./screens/deployment/deployment.tsx").then(({ DeploymentPage }) => DeploymentPage),
  target: () => import("./screens/deployment/target.tsx").then(({ TargetPage }) => TargetPage),
  hosts: () => import("./screens/hosts.tsx").then(({ HostsPage }) => HostsPage),
  host: () => import("./screens/host.tsx").then(({ HostPage }) => HostPage),
  cloud: () => import("./screens/cloud/cloud.tsx").then(({ CloudPage }) => CloudPage),
  scalingGroup: () => import("./screens/cloud/scaling-group.tsx").then(({ ScalingGroupPage }) => ScalingGroupPage),
  loadBalancer: () => import("./screens/cloud/load-balancer.tsx").then(({ LoadBalancerPage }) => LoadBalancerPage),
  function: () => import("./screens/cloud/function.tsx").then(({ FunctionPage }) => FunctionPage),
  audit: () => import("./screens/audit.tsx").then(({ AuditPage }) => AuditPage),
  login: () => import("./screens/session.tsx").then(({ SessionPage }) => SessionPage),
  me: () => import("./screens/session.tsx").then(({ SessionPage }) => SessionPage),
};

const sections: readonly {
  readonly text: string;
  readonly path: string;
  readonly icon: IconName;
  readonly under: RegExp;
}[] = [
  { text: "Now", path: "/", icon: "now", under: /^\/$/ },
  { text: "Where", path: "/where", icon: "where", under: /^\/where/ },
  { text: "Deployments", path: "/deployments", icon: "deploy", under: /^\/(deployments|deploy$|d\/)/ },
  { text: "Applications", path: "/apps", icon: "apps", under: /^\/apps/ },
  { text: "Hosts", path: "/hosts", icon: "hosts", under: /^\/hosts/ },
  { text: "Local cloud", path: "/cloud", icon: "cloud", under: /^\/cloud/ },
  { text: "Audit", path: "/audit", icon: "audit", under: /^\/audit/ },
];

/** The frame around every page. */
export function Shell() {
  // Whatever is shown, the stream is read: so that a page knows whether it is live.
  useEffect(() => listen("now", () => {}), []);
  return (
    <div class="shell">
      <a class="to-page button" href="#main">
        To the page
      </a>
      <Side />
      <main id="main" tabIndex={-1}>
        <Stale />
        <Current />
      </main>
      <Dialogs />
      <Palette />
      <KeyHelp />
      <Toasts />
    </div>
  );
}

function Side() {
  const { path } = place.value;
  return (
    <div class="side">
      <a class="brand" href="/">
        <Mark />
        <span>Sluice</span>
      </a>
      <button type="button" class="find" onClick={() => (palette.value = true)}>
        <Icon name="search" size={14} />
        <span>Find</span>
        <kbd>Ctrl K</kbd>
      </button>
      <div class="nav-scroll">
        <nav class="nav" aria-label="Main">
          {sections.map((section) => (
            <a key={section.path} href={section.path} aria-current={section.under.test(path) ? "page" : undefined}>
              <Icon name={section.icon} />
              {section.text}
            </a>
          ))}
        </nav>
      </div>
      <div class="foot">
        <Live />
        <a href={pathTo("me")}>
          <Icon name="person" />
          <span>Session</span>
        </a>
      </div>
    </div>
  );
}

function Live() {
  const state = live.value;
  const text = {
    live: "Live",
    connecting: "Connecting",
    off: "Not live",
    asleep: "Paused while hidden",
  }[state.is];
  return (
    <span
      class="live"
      data-live={state.is}
      title={
        state.is === "live" && state.byPolling
          ? "Something between here and the server holds streams back: it is asked again and again"
          : undefined
      }
    >
      {text}
      {state.is === "live" && state.byPolling && " (by polling)"}
    </span>
  );
}

/** Says that what is shown may be old, since when, and when it will be tried again. */
function Stale() {
  const state = live.value;
  if (state.is !== "off") return null;
  const now = tick.value;
  const since = clockText(now - (performance.now() - state.since));
  const seconds = Math.max(0, Math.ceil((state.nextAt - performance.now()) / 1000));
  return (
    <p class="stalebar" role="status">
      Not live since {since}: the server does not answer.{" "}
      {seconds > 0 ? `Trying again in ${seconds} s.` : "Trying again."}
    </p>
  );
}

function Current() {
  const { page, names } = route.value;
  const loaded = useSignal<
    { readonly page: string; readonly Page: Page; readonly names: Readonly<Record<string, string>> } | undefined
  >(undefined);
  const failed = useSignal(false);
  useEffect(() => {
    if (page === "missing") return;
    let isWanted = true;
    pages[page]().then(
      (Page) => {
        if (isWanted) loaded.value = { page, Page, names };
      },
      () => (failed.value = true),
    );
    return () => (isWanted = false);
  }, [page]);
  if (page === "missing") return <Empty title="There is no such page" text="The address is none of the console's." />;
  if (failed.value)
    return (
      <Empty
        title="This page could not be loaded"
        text="The server may have been replaced by a newer one. Load the page again."
      />
    );
  const shown = loaded.value;
  if (shown === undefined) return <Loading what="the page" />;
  // Until the next page is there the one before stays as it was.
  const current = shown.page === page ? names : shown.names;
  return <shown.Page names={current} key={Object.values(current).join(" ")} />;
}

/** The product's sign: gates of a sluice, one after the other. */
export function Mark({ size = 20 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <rect width="16" height="16" rx="4" fill="currentColor" />
      <path d="M3.5 5.2h9M3.5 8h6M3.5 10.8h3.5" stroke="white" stroke-width="1.7" stroke-linecap="round" />
    </svg>
  );
}
