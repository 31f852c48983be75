import type { FunctionEventInvokeConfig } from "@aws-sdk/client-lambda";
import { Fault } from "@sluice/aws-protocol";
import type { LambdaContext, LambdaOperations } from "../context.ts";
import type { EventInvokeSetting } from "../invocation/event-queue.ts";
import { findSetting, functionOf, putSetting } from "../store/function-rows.ts";
import { arnOf, badValue, latest, readName } from "../names.ts";

const kind = "event invoke" as const;

interface Input {
  readonly FunctionName?: string | undefined;
  readonly Qualifier?: string | undefined;
  readonly MaximumRetryAttempts?: number | undefined;
  readonly MaximumEventAgeInSeconds?: number | undefined;
  readonly DestinationConfig?: EventInvokeSetting["destinations"] | undefined;
}

/** Operations on how asynchronous events are treated. */
export const eventInvokeOperations: LambdaOperations = {
  PutFunctionEventInvokeConfig: (context, input) => store(context, input, undefined),

  UpdateFunctionEventInvokeConfig: (context, input) => store(context, input, settingOf(context, input)),

  GetFunctionEventInvokeConfig: (context, input) => describe(context, input, settingOf(context, input)),

  DeleteFunctionEventInvokeConfig(context, input) {
    settingOf(context, input);
    putSetting(context, placeOf(context, input), undefined);
  },
};

function placeOf(context: LambdaContext, input: Input) {
  const { name, qualifier = latest } = readName(input.FunctionName, input.Qualifier);
  functionOf(context, name);
  return { name, qualifier, kind };
}

function settingOf(context: LambdaContext, input: Input): EventInvokeSetting {
  const place = placeOf(context, input);
  const found = findSetting<EventInvokeSetting>(context, place);
  if (found === undefined)
    throw new Fault(
      "ResourceNotFoundException",
      `The function ${arnOf(context, place.name, place.qualifier)} doesn't have an EventInvokeConfig`,
    );
  return found;
}

function store(context: LambdaContext, input: Input, before: EventInvokeSetting | undefined) {
  const { MaximumRetryAttempts: retriesMax, MaximumEventAgeInSeconds: ageSecondsMax } = input;
  if (retriesMax !== undefined && ![0, 1, 2].includes(retriesMax))
    throw badValue(`MaximumRetryAttempts is ${retriesMax}, and must be 0, 1 or 2`);
  if (ageSecondsMax !== undefined && !(ageSecondsMax >= 60 && ageSecondsMax <= 21_600))
    throw badValue(`MaximumEventAgeInSeconds is ${ageSecondsMax}, and must be from 60 to 21600`);
  const setting: EventInvokeSetting = {
    retriesMax: retriesMax ?? before?.retriesMax,
    ageSecondsMax: ageSecondsMax ?? before?.ageSecondsMax,
    destinations: input.DestinationConfig ?? before?.destinations,
    modifiedAt: context.clock(),
  };
  putSetting(context, placeOf(context, input), setting);
  return describe(context, input, setting);
}

function describe(context: LambdaContext, input: Input, setting: EventInvokeSetting): FunctionEventInvokeConfig {
  const { name, qualifier } = placeOf(context, input);
  const { retriesMax, ageSecondsMax, destinations, modifiedAt } = setting;
  return {
    FunctionArn: arnOf(context, name, qualifier),
    LastModified: new Date(modifiedAt),
    MaximumRetryAttempts: retriesMax,
    MaximumEventAgeInSeconds: ageSecondsMax,
    DestinationConfig: destinations ?? { OnSuccess: {}, OnFailure: {} },
  };
}
