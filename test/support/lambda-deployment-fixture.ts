import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import {
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentConfigCommand,
  CreateDeploymentGroupCommand,
  type CreateDeploymentGroupCommandInput,
  type DeploymentInfo,
  GetDeploymentTargetCommand,
  type RevisionLocation,
} from "@aws-sdk/client-codedeploy";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  GetAliasCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
} from "@aws-sdk/client-lambda";
import { node } from "../../packages/cloud/test/lambda/lambda-fixture.ts";
import { endOf } from "./deployment-end.ts";
import { eventually } from "./eventually.ts";
import { type ClientOptions, SluiceProcess } from "./sluice-process.ts";
import { trustPolicy } from "./trust-policy.ts";

/** A whole `sluice up` with a function `f` of three versions, an alias `live` on the first, an application and a group. */
export class LambdaDeploymentFixture {
  readonly #options: () => Promise<ClientOptions>;
  lambda!: LambdaClient;
  deploy!: CodeDeployClient;
  role = "";

  private constructor(options: () => Promise<ClientOptions>) {
    this.#options = options;
  }

  /** Sets it all up in a `sluice up` process, a new one by default. */
  static async open(
    test: TestContext,
    group: Partial<CreateDeploymentGroupCommandInput> = {},
    sluice = new SluiceProcess(test, ["--no-example"]),
  ): Promise<LambdaDeploymentFixture> {
    await sluice.open();
    return LambdaDeploymentFixture.within(test, { group, options: () => sluice.clientOptions() });
  }

  /** Sets it all up in the server that clients with these options reach. */
  static async within(
    test: TestContext,
    {
      group = {},
      options,
    }: {
      readonly group?: Partial<CreateDeploymentGroupCommandInput>;
      readonly options: () => Promise<ClientOptions>;
    },
  ): Promise<LambdaDeploymentFixture> {
    const opened = new LambdaDeploymentFixture(options);
    const client = await opened.connect();
    test.after(() => opened.disconnect());
    const iam = new IAMClient(client);
    const made = await iam.send(
      new CreateRoleCommand({ RoleName: "run", AssumeRolePolicyDocument: trustPolicy("lambda.amazonaws.com") }),
    );
    opened.role = made.Role?.Arn ?? "";
    const { Role } = await iam.send(
      new CreateRoleCommand({ RoleName: "deploy", AssumeRolePolicyDocument: trustPolicy("codedeploy.amazonaws.com") }),
    );
    iam.destroy();
    await opened.addFunction("f", `export const handler = () => 1;`);
    await opened.lambda.send(new PublishVersionCommand({ FunctionName: "f" }));
    for (const version of [2, 3]) {
      const ZipFile = node(`export const handler = () => ${version};`);
      await opened.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "f", ZipFile, Publish: true }));
    }
    await opened.lambda.send(new CreateAliasCommand({ FunctionName: "f", Name: "live", FunctionVersion: "1" }));
    await opened.deploy.send(new CreateApplicationCommand({ applicationName: "app", computePlatform: "Lambda" }));
    await opened.deploy.send(
      new CreateDeploymentGroupCommand({
        applicationName: "app",
        deploymentGroupName: "fn",
        serviceRoleArn: Role?.Arn,
        deploymentConfigName: "CodeDeployDefault.LambdaAllAtOnce",
        deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
        ...group,
      }),
    );
    const canary = { canaryPercentage: 20, canaryInterval: 1 };
    await opened.deploy.send(
      new CreateDeploymentConfigCommand({
        deploymentConfigName: "canary",
        computePlatform: "Lambda",
        trafficRoutingConfig: { type: "TimeBasedCanary", timeBasedCanary: canary },
      }),
    );
    return opened;
  }

  /** Makes the clients, for the current port. */
  async connect(): Promise<ClientOptions> {
    const client = await this.#options();
    this.lambda = new LambdaClient(client);
    this.deploy = new CodeDeployClient(client);
    return client;
  }

  disconnect(): void {
    this.lambda.destroy();
    this.deploy.destroy();
  }

  async addFunction(name: string, code: string): Promise<void> {
    await this.lambda.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Role: this.role,
        Runtime: "nodejs22.x",
        Handler: "index.handler",
        Timeout: 30,
        Code: { ZipFile: node(code) },
      }),
    );
  }

  /** Begins a deployment. Returns its id. */
  async begin(revision: RevisionLocation, deploymentConfigName?: string): Promise<string> {
    const { deploymentId = "" } = await this.deploy.send(
      new CreateDeploymentCommand({
        applicationName: "app",
        deploymentGroupName: "fn",
        revision,
        deploymentConfigName,
      }),
    );
    return deploymentId;
  }

  /** Waits for the end of a deployment. */
  ended(deploymentId: string, seconds = 30): Promise<DeploymentInfo> {
    return endOf(this.deploy, deploymentId, seconds);
  }

  /** The one target, as AWS shows it. */
  async target(deploymentId: string) {
    const { deploymentTarget } = await this.deploy.send(
      new GetDeploymentTargetCommand({ deploymentId, targetId: "f" }),
    );
    assert.equal(deploymentTarget?.deploymentTargetType, "LambdaTarget");
    return deploymentTarget.lambdaTarget;
  }

  async alias() {
    const { FunctionVersion, RoutingConfig } = await this.lambda.send(
      new GetAliasCommand({ FunctionName: "f", Name: "live" }),
    );
    return { version: FunctionVersion, weights: RoutingConfig?.AdditionalVersionWeights };
  }

  /** Waits until the alias has these weights. */
  async weighted(weights: Record<string, number>): Promise<void> {
    await eventually(`has the alias ${JSON.stringify(weights)}?`, async () =>
      JSON.stringify((await this.alias()).weights) === JSON.stringify(weights) ? true : undefined,
    );
  }
}

/** Code of a hook that answers with a status. */
export const answering = (status: string): string => `
  import { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } from "@aws-sdk/client-codedeploy";
  export const handler = ({ DeploymentId, LifecycleEventHookExecutionId }) => new CodeDeployClient().send(
    new PutLifecycleEventHookExecutionStatusCommand({ deploymentId: DeploymentId,
      lifecycleEventHookExecutionId: LifecycleEventHookExecutionId, status: "${status}" }));`;

/** An inline revision that takes `live` from one version to another. */
export const shift = (from: string, to: string, more: { readonly alias?: string; readonly hooks?: object[] } = {}) =>
  ({
    revisionType: "AppSpecContent",
    appSpecContent: { content: appSpec(from, to, more) },
  }) satisfies RevisionLocation;

/** The text of such a revision. */
export const appSpec = (
  from: string,
  to: string,
  { alias = "live", hooks = [] }: { readonly alias?: string; readonly hooks?: object[] } = {},
): string =>
  JSON.stringify({
    version: 0.0,
    Resources: [
      {
        Function: {
          Type: "AWS::Lambda::Function",
          Properties: { Name: "f", Alias: alias, CurrentVersion: from, TargetVersion: to },
        },
      },
    ],
    Hooks: hooks,
  });
