/** The events of deployments to servers. */
export type LifecycleEventName =
  | "BeforeBlockTraffic"
  | "BlockTraffic"
  | "AfterBlockTraffic"
  | "ApplicationStop"
  | "DownloadBundle"
  | "BeforeInstall"
  | "Install"
  | "AfterInstall"
  | "ApplicationStart"
  | "ValidateService"
  | "BeforeAllowTraffic"
  | "AllowTraffic"
  | "AfterAllowTraffic";
