import {
  anonymous,
  type Call,
  Fault,
  type Service,
  type ServiceRequest,
  type ServiceResponse,
} from "@sluice/aws-protocol";
import { repositoryArn } from "../repository.ts";
import { manifestBytesMax } from "../manifest.ts";
import { appendToUpload, beginUpload, cancelUpload, describeUpload, finishUpload, getBlob } from "./blob-routes.ts";
import { admit, type Admitted, type RegistryContext, type RegistryOperation } from "./context.ts";
import { getManifest, listReferrers, listTags, removeManifest, takeManifest } from "./manifest-routes.ts";
import { apiVersion, faultResponse, registryFault } from "./registry-fault.ts";
import { isRegistryPath, type Route, routeOf } from "./routes.ts";

/** What a request does, as ECR's API and IAM call it, and how. */
interface Deed {
  readonly operation: RegistryOperation;
  readonly carryOut: (context: RegistryContext, admitted: Admitted) => ServiceResponse | Promise<ServiceResponse>;
}

/** The registry: the OCI distribution protocol on the one port, below /v2/. Clients show passwords of GetAuthorizationToken. */
export function registryService(
  context: RegistryContext,
  onDefect: (error: unknown, requestId: string) => void,
): Service {
  return {
    name: "ecr-registry",
    signingNames: [],
    targetPrefixes: [],
    protocol: "rest-json",
    bodyBytesMax: manifestBytesMax,
    routes: ({ path }) => isRegistryPath(path),
    readPassword({ authorization }) {
      const accessKeyId = context.tokens.accessKeyIdOf(authorization);
      return accessKeyId === undefined ? undefined : { accessKeyId, region: context.region };
    },
    async serve(request) {
      const named: { operation?: string; resources?: readonly string[] } = {};
      try {
        return { ...(await serve(context, request, named)), ...named };
      } catch (error) {
        if (!(error instanceof Fault)) onDefect(error, request.call.requestId);
        return { ...refuse(error), ...named };
      }
    },
    refuse,
  };
}

async function serve(
  context: RegistryContext,
  request: ServiceRequest,
  named: { operation?: string; resources?: readonly string[] },
): Promise<ServiceResponse> {
  // Before anything is said, or a byte of a body is read.
  if (!isPrivate(request.call))
    throw registryFault(
      "DENIED",
      "Plain HTTP would show your password to the network between: use HTTPS (sluice --tls), or come from this machine",
    );
  if (request.call.principal.arn === anonymous.arn)
    throw registryFault(
      "UNAUTHORIZED",
      "Log in with the user name AWS and the password that aws ecr get-login-password gives; it holds for 12 hours, or as long as the key that has asked for it",
    );
  const route = routeOf(request.path);
  if (route === undefined) throw registryFault("UNSUPPORTED", `Nothing of the registry is at this path`, 404);
  if (route.to === "base")
    return { status: 200, headers: { "content-type": "application/json", ...apiVersion }, body: "{}" };
  const { operation, carryOut } = deedOf(route, request);
  named.operation = operation;
  named.resources = [repositoryArn(context, route.name)];
  const repository = await admit(context, { call: request.call, operation, name: route.name });
  return carryOut(context, { request, repository });
}

/** Whether nobody on the way to a caller can read what it sends: passwords, unlike signatures, are good for whoever has read them. */
function isPrivate({ endpoint, sourceIp }: Call): boolean {
  return endpoint.startsWith("https:") || sourceIp === undefined || sourceIp === "::1" || sourceIp.startsWith("127.");
}

function deedOf(route: Exclude<Route, { readonly to: "base" }>, { method }: ServiceRequest): Deed {
  const deed = deedsOf(route)[method];
  if (deed === undefined) throw registryFault("UNSUPPORTED", `${method.slice(0, 20)} is not supported here`);
  return deed;
}

function deedsOf(route: Exclude<Route, { readonly to: "base" }>): Readonly<Record<string, Deed>> {
  switch (route.to) {
    case "uploads":
      return { POST: { operation: "InitiateLayerUpload", carryOut: beginUpload } };
    case "upload": {
      const on =
        (work: typeof appendToUpload): Deed["carryOut"] =>
        (context, admitted) =>
          work(context, admitted, route.id);
      return {
        PATCH: { operation: "UploadLayerPart", carryOut: on(appendToUpload) },
        PUT: { operation: "CompleteLayerUpload", carryOut: on(finishUpload) },
        GET: {
          operation: "UploadLayerPart",
          carryOut: (context, admitted) => describeUpload(context, admitted, route.id),
        },
        DELETE: { operation: "UploadLayerPart", carryOut: on(cancelUpload) },
      };
    }
    case "blob": {
      const carryOut: Deed["carryOut"] = (context, admitted) => getBlob(context, admitted, route.reference);
      return {
        HEAD: { operation: "BatchCheckLayerAvailability", carryOut },
        GET: { operation: "GetDownloadUrlForLayer", carryOut },
      };
    }
    case "manifest": {
      const read: Deed = {
        operation: "BatchGetImage",
        carryOut: (context, admitted) => getManifest(context, admitted, route.reference),
      };
      return {
        HEAD: read,
        GET: read,
        PUT: {
          operation: "PutImage",
          carryOut: (context, admitted) => takeManifest(context, admitted, route.reference),
        },
        DELETE: {
          operation: "BatchDeleteImage",
          carryOut: (context, admitted) => removeManifest(context, admitted, route.reference),
        },
      };
    }
    case "tags":
      return { GET: { operation: "ListImages", carryOut: listTags } };
    case "referrers":
      return {
        GET: {
          operation: "BatchGetImage",
          carryOut: (context, admitted) => listReferrers(context, admitted, route.reference),
        },
      };
  }
}

/** Clients that are told how to log in do so and come again. */
const challenge = { "www-authenticate": 'Basic realm="https://ecr.amazonaws.com/",service="ecr.amazonaws.com"' };

function refuse(error: unknown): ServiceResponse {
  if (!(error instanceof Fault))
    return faultResponse(registryFault("UNKNOWN", "We encountered an internal error. Please try again."));
  return faultResponse(error, error.code === "UNAUTHORIZED" ? challenge : {});
}
