import { effect, signal } from "@preact/signals";

/** What a reader has chosen for this browser. */
export interface Preferences {
  readonly scheme: "auto" | "light" | "dark";
  readonly isUtc: boolean;
  readonly isCompact: boolean;
  /** Whether single letters are commands. */
  readonly hasKeys: boolean;
  readonly isWrapped: boolean;
}

const storageKey = "sluice-preferences";
const defaults: Preferences = { scheme: "auto", isUtc: false, isCompact: false, hasKeys: true, isWrapped: false };

/** The preferences in force. */
export const preferences = signal<Preferences>(stored());

/** Changes preferences, here and for the next time. */
export function prefer(changes: Partial<Preferences>): void {
  preferences.value = { ...preferences.value, ...changes };
  localStorage.setItem(storageKey, JSON.stringify(preferences.value));
}

function stored(): Preferences {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(storageKey) ?? "{}");
    return typeof value === "object" && value !== null ? { ...defaults, ...(value as Partial<Preferences>) } : defaults;
  } catch {
    return defaults; // somebody has written something else there
  }
}

effect(() => {
  const { scheme, isCompact } = preferences.value;
  document.documentElement.dataset["scheme"] = scheme;
  document.documentElement.dataset["density"] = isCompact ? "compact" : "normal";
});
