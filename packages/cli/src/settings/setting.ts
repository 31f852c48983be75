/** One setting of the command line. */
export interface Setting {
  readonly flag: string;
  readonly variable: string;
  readonly default: string;
  readonly meaning: string;
  /** In a configuration file it is relative to that file's folder. */
  readonly isPath?: true;
}
