import { ActorError, InvalidAddressError } from "@actor-runtime/core";
import { type ActorSystem, callRoute, failureResponse, HttpError } from "@actor-runtime/runtime";
import { eraseActor, listActors, listTypes, showActor } from "./actors.js";
import { livez, readyz } from "./probes.js";
import { type AccessPolicy, refusalOf } from "./security.js";

const base = "/api/actors";

/**
 * The routes of the ops port. Probes answer anybody, `/api` whom the policy lets in.
 *
 * @returns a function that answers every request, failures of ours included; it rejects on bugs only
 */
export function opsRouter(system: ActorSystem, policy: AccessPolicy): (request: Request) => Promise<Response> {
  // Whoever got past the policy may call everything.
  const call = callRoute(system, { allow: () => true });

  const route = (request: Request): Response | Promise<Response> => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/livez") return livez();
    if (pathname === "/readyz") return readyz(system.describe());
    if (pathname.startsWith("/api")) authorize(policy, request.headers);
    const parts = partsAfter(base, pathname);
    if (parts?.length === 3) return call(request);
    const [type = "", key = ""] = parts?.map(decode) ?? [];
    switch (`${request.method} ${parts?.length}`) {
      case "GET 0":
        return listTypes(system);
      case "GET 1":
        return listActors(system, type, searchParams.get("prefix") ?? "");
      case "GET 2":
        return showActor(system, type, key);
      case "DELETE 2":
        return eraseActor(system, type, key);
      default:
        throw new HttpError(404, "NO_ROUTE", `there is no ${request.method} ${pathname} here`);
    }
  };

  return async (request) => {
    try {
      return await route(request);
    } catch (error) {
      if (error instanceof ActorError) return failureResponse(error);
      throw error;
    }
  };
}

function authorize(policy: AccessPolicy, headers: Headers): void {
  const header = (name: string) => headers.get(name) ?? undefined;
  const refusal = refusalOf(policy, {
    host: header("host"),
    origin: header("origin"),
    authorization: header("authorization"),
  });
  if (refusal) throw refusal;
}

/** `undefined` when the path is not below the prefix. */
function partsAfter(prefix: string, path: string): string[] | undefined {
  if (path === prefix) return [];
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length + 1).split("/") : undefined;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new InvalidAddressError(`the path has "${part}", which is not percent-encoded UTF-8`);
  }
}
