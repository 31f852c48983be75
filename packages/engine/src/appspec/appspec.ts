/** An AppSpec file for servers, checked (appspec.md §2). */
export interface AppSpec {
  readonly version: string;
  readonly os: OperatingSystem;
  readonly files: readonly FileMapping[];
  readonly permissions: readonly Permission[];
  /** Scripts by lifecycle event, in the order in which they run. */
  readonly hooks: Readonly<Record<string, readonly Hook[]>>;
  /** The file's own setting, which overrides the deployment's. */
  readonly fileExistsBehavior?: FileExistsBehavior | undefined;
}

/** The systems that an AppSpec file can be for. */
export type OperatingSystem = "linux" | "windows";

/** What Install does when a file that it did not write is in the way. */
export type FileExistsBehavior = "DISALLOW" | "OVERWRITE" | "RETAIN";

/** One entry of `files`: `source` in the revision is copied below the folder `destination`. */
export interface FileMapping {
  readonly source: string;
  readonly destination: string;
}

/** One script of a lifecycle event. */
export interface Hook {
  /** The script's path in the revision. */
  readonly location: string;
  readonly timeoutSeconds: number;
  /** The user that runs it; absent = the agent's user. */
  readonly runas?: string | undefined;
  readonly sudo: boolean;
}

/** What becomes of the objects that Install has written below `object`. */
export interface Permission {
  readonly object: string;
  /** `**` = everything below, else a name of a direct child in which `*` stands for any text. */
  readonly pattern: string;
  readonly except: readonly string[];
  readonly type: readonly ObjectType[];
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  /** Three or four octal digits. */
  readonly mode?: string | undefined;
  /** Normalized entries such as `default:user:bob:rwx`. */
  readonly acls?: readonly string[] | undefined;
  readonly context?: SecurityContext | undefined;
}

/** What permissions may be set on. */
export type ObjectType = "file" | "directory";

/** An SELinux context. */
export interface SecurityContext {
  readonly user?: string | undefined;
  readonly type: string;
  readonly range?: string | undefined;
}

/** The time a script has when the file names none, and that all scripts of an event should share (appspec.md §2). */
export const timeoutSecondsDefault = 3600;
