import type { Search } from "@sluice/server/console-contract";
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { address, read } from "../live/api.ts";
import { go } from "../live/router.ts";
import { Icon, type IconName } from "./icons.tsx";
import { help, keyHelp, palette } from "./keys.ts";
import { prefer, preferences } from "./preferences.ts";

interface Choice {
  readonly label: string;
  readonly detail: string;
  readonly icon: IconName;
  readonly choose: () => void;
}

/** After the last key, the server is asked after this many milliseconds. */
const pauseMilliseconds = 120;

const goes = (label: string, path: string, icon: IconName): Choice => ({
  label,
  detail: "Go",
  icon,
  choose: () => go(path),
});

const commands: readonly Choice[] = [
  goes("Now", "/", "now"),
  goes("Where: which version runs where", "/where", "where"),
  goes("Applications", "/apps", "apps"),
  goes("All deployments", "/deployments", "deploy"),
  goes("New deployment", "/deploy", "deploy"),
  goes("Hosts", "/hosts", "hosts"),
  goes("Local cloud", "/cloud", "cloud"),
  goes("Audit", "/audit", "audit"),
  goes("Session and preferences", "/me", "person"),
  { label: "Keys", detail: "Help", icon: "terminal", choose: () => (help.value = true) },
  { label: "Light or dark", detail: "Switch", icon: "now", choose: switchScheme },
  {
    label: "Times in UTC or local",
    detail: "Switch",
    icon: "now",
    choose: () => prefer({ isUtc: !preferences.value.isUtc }),
  },
];

function switchScheme(): void {
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  const { scheme } = preferences.value;
  prefer({ scheme: scheme === "auto" ? (isDark ? "light" : "dark") : "auto" });
}

const icons: Readonly<Record<Search["results"][number]["kind"], IconName>> = {
  application: "apps",
  group: "where",
  deployment: "deploy",
  host: "hosts",
  error: "warning",
};

/** The palette: finds applications, groups, deployments, hosts and errors, and goes to pages. */
export function Palette() {
  return palette.value ? <OpenPalette /> : null;
}

function OpenPalette() {
  const box = useRef<HTMLDialogElement>(null);
  const text = useSignal("");
  const found = useSignal<readonly Choice[]>([]);
  const at = useSignal(0);
  useLayoutEffect(() => box.current?.showModal(), []);
  useEffect(() => searchFor(text.value.trim(), (choices) => (found.value = choices)), [text.value]);
  const wanted = text.value.trim().toLowerCase();
  const choices = [...commands.filter(({ label }) => label.toLowerCase().includes(wanted)), ...found.value].slice(
    0,
    20,
  );
  const chosen = Math.min(at.value, choices.length - 1);
  const close = () => {
    box.current?.close();
    palette.value = false;
  };
  const choose = (choice: Choice | undefined) => {
    close();
    choice?.choose();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") at.value = Math.min(choices.length - 1, chosen + 1);
    else if (event.key === "ArrowUp") at.value = Math.max(0, chosen - 1);
    else if (event.key === "Enter") choose(choices[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <dialog
      class="palette"
      ref={box}
      onClose={close}
      aria-label="Find"
      onClick={(event) => event.target === box.current && close()}
    >
      <div class="palette-input">
        <Icon name="search" />
        <input
          type="text"
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={choices.length > 0 ? `choice-${chosen}` : undefined}
          aria-label="Find an application, group, deployment, host or error"
          placeholder="Find an application, group, deployment, host or error"
          autocomplete="off"
          spellcheck={false}
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value;
            at.value = 0;
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <Found choices={choices} chosen={chosen} point={(index) => (at.value = index)} choose={choose} />
      {choices.length === 0 && <p class="picture">Nothing is called that</p>}
    </dialog>
  );
}

interface FoundOptions {
  readonly choices: readonly Choice[];
  /** The place of the choice that Enter takes. */
  readonly chosen: number;
  /** The pointer is over a choice. */
  readonly point: (index: number) => void;
  readonly choose: (choice: Choice) => void;
}

function Found({ choices, chosen, point, choose }: FoundOptions) {
  return (
    <ul id="palette-list" role="listbox" aria-label="Found">
      {choices.map((choice, index) => (
        <li
          key={`${choice.label} ${index}`}
          id={`choice-${index}`}
          role="option"
          aria-selected={index === chosen}
          onClick={() => choose(choice)}
          onMouseMove={() => point(index)}
        >
          <Icon name={choice.icon} />
          <span class="clip">{choice.label}</span>
          <span class="muted clip">{choice.detail}</span>
        </li>
      ))}
    </ul>
  );
}

function searchFor(text: string, show: (choices: readonly Choice[]) => void): () => void {
  if (text === "") {
    show([]);
    return () => {};
  }
  const stop = new AbortController();
  const timer = setTimeout(() => {
    read(address("/console/api/search", {}, { q: text }), stop.signal).then(
      ({ results }) =>
        show(
          results.map(({ kind, label, path, detail }) => ({
            label,
            detail,
            icon: icons[kind] ?? "none",
            choose: () => go(path),
          })),
        ),
      () => {}, // what is typed next asks again
    );
  }, pauseMilliseconds);
  return () => {
    clearTimeout(timer);
    stop.abort();
  };
}

/** What the keys do. */
export function KeyHelp() {
  return help.value ? <OpenHelp /> : null;
}

function OpenHelp() {
  const box = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => box.current?.showModal(), []);
  return (
    <dialog ref={box} aria-labelledby="keys" onClose={() => (help.value = false)}>
      <div class="ask">
        <h2 id="keys">Keys</h2>
        <dl class="facts">
          {keyHelp.flatMap(([keys, does]) => [
            <dt key={keys}>{keys.split("  ").map((key) => (key === "or" ? " or " : <kbd key={key}>{key}</kbd>))}</dt>,
            <dd key={does}>{does}</dd>,
          ])}
        </dl>
        <label class="check">
          <input
            type="checkbox"
            checked={preferences.value.hasKeys}
            onChange={(event) => prefer({ hasKeys: event.currentTarget.checked })}
          />
          Single letters are commands
        </label>
        <form method="dialog" class="answers">
          <button class="button primary">Close</button>
        </form>
      </div>
    </dialog>
  );
}
