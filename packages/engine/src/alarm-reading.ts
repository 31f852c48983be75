/** Alarms by name, and what to do when their states cannot be read (deployments.md §10.1). */
export interface WatchedAlarms {
  readonly names: readonly string[];
  readonly ignorePollAlarmFailure: boolean;
}

/** What a look at a deployment's alarms gave. */
export type AlarmReading =
  /** Those in the state ALARM; OK and INSUFFICIENT_DATA are not among them. */
  | { readonly active: readonly ActiveAlarm[] }
  /** Why the states could not be read; an alarm that does not exist is such a reason. A role that may not read them is told apart. */
  | { readonly unreadable: string; readonly isDenied?: true | undefined };

/** An alarm in the state ALARM. */
export interface ActiveAlarm {
  readonly name: string;
  /** Since when, if that is known. */
  readonly since?: number | undefined;
}
