/** Alarms by name, and what to do when their states cannot be read (deployments.md §10.1). */
export interface WatchedAlarms {
  readonly names: readonly string[];
  readonly ignorePollAlarmFailure: boolean;
}

/** The result of reading a deployment's alarms. */
export type AlarmReading =
  /** Those in the state ALARM; OK and INSUFFICIENT_DATA are not among them. */
  | { readonly active: readonly ActiveAlarm[] }
  /**
   * Why the states could not be read, which is also the case for an alarm that does not exist. `isDenied` when the role
   * may not read them.
   */
  | { readonly unreadable: string; readonly isDenied?: true | undefined };

/** An alarm in the state ALARM. */
export interface ActiveAlarm {
  readonly name: string;
  /** Since when, if that is known. */
  readonly since?: number | undefined;
}
