import type { Service, ServiceResponse } from "../service/service.ts";

/** A page may do what a page of a stranger's does, under no origin: neither cookies nor what other pages have kept is there for it. */
const sandbox = "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts";

/**
 * What a service answers to a GET, as a browser is to take it. Whoever may write an object may make it a page with scripts,
 * and a link to it that anybody's browser opens. Under a host of this server's own pages it would be one of them, and
 * could read the console's session: so a browser is told to give it an origin of its own, which hosts of a service's own
 * are already.
 */
export function sandboxed(
  response: ServiceResponse,
  { service, method, host }: { readonly service: Service; readonly method: string; readonly host: string | undefined },
): ServiceResponse {
  if (method !== "GET" || service.servesHost?.(host ?? "") === true) return response;
  return { ...response, headers: { ...response.headers, "content-security-policy": sandbox } };
}
