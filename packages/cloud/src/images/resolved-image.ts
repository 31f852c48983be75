/** What an image says of the containers that are made of it. What it leaves out is absent. */
export interface ImageConfig {
  readonly entrypoint?: readonly string[] | undefined;
  readonly cmd?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly workingDirectory?: string | undefined;
  /** `USER`, `USER:GROUP`, by name or by number. */
  readonly user?: string | undefined;
  /** Of TCP and UDP alike. */
  readonly exposedPorts: readonly number[];
  /** Such as `SIGQUIT`. */
  readonly stopSignal?: string | undefined;
}

/** An image that containers can be made of. */
export interface ResolvedImage {
  /** The digest of its manifest, `sha256:…`. */
  readonly digest: string;
  /** Folders that hold its files, the lowest first: the lower folders of an overlay. Nobody may write to them. */
  readonly layers: readonly string[];
  readonly config: ImageConfig;
}

/** The images that tasks are made of. */
export interface Images {
  /**
   * Finds an image and unpacks those of its layers that are not unpacked yet. Rejects with a Fault of the code
   * `CannotPullContainerError`, whose message is what a stopped task gives as its reason.
   */
  resolve(reference: string): Promise<ResolvedImage>;
  /** The repository of this house's registry that a reference leads to; undefined where it leads elsewhere. */
  repositoryOf(reference: string): string | undefined;
  /** Deletes the unpacked images that nobody has asked for in a week, except for those that `isUsed`, asked by digest, says to keep. */
  sweep(isUsed: (digest: string) => boolean): Promise<void>;
  /** Ends what is being unpacked. */
  close(): void;
}
