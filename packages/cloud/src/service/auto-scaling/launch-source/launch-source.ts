import type { RequestLaunchTemplateData } from "@aws-sdk/client-ec2";

/** What instances are launched from. */
export type LaunchSource =
  | { readonly kind: "template"; readonly id: string; readonly name: string; readonly version: string }
  | { readonly kind: "configuration"; readonly name: string; readonly data: RequestLaunchTemplateData };
