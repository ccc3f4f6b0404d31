import { ActorError, formatAddress, InvalidAddressError } from "@actor-runtime/core";
import { type ActorSystem, callRoute, failureResponse, HttpError } from "@actor-runtime/runtime";
import { eraseActor, listActors, listTypes, showActor } from "./actors.js";
import { showCluster } from "./cluster.js";
import { dropDead, listDead, retryDead, showDead } from "./dead.js";
import { inspectActor, inspectCluster, inspectType } from "./inspect.js";
import { breakLock, listLocks, showLock } from "./locks.js";
import { listPaused, pause, resume } from "./paused.js";
import { livez, type MetricsPage, metrics, readyz } from "./probes.js";
import { cancelReminder, listReminders } from "./reminders.js";
import { type AccessPolicy, refusalOf } from "./security.js";
import { listTransactions, resolveTransaction, showTransaction } from "./transactions.js";

type Router = (request: Request) => Promise<Response>;

export interface RouterOptions extends AccessPolicy {
  readonly metrics: MetricsPage;
  /** Whether the W3C baggage of a call goes on with it and all that it causes. */
  readonly baggage: boolean;
}

/**
 * The routes of the ops port. Probes and metrics answer anybody, `/api` whom the policy lets in.
 *
 * @returns a function that answers every request, failures of ours included; it rejects on bugs only
 */
export function opsRouter(system: ActorSystem, { metrics: page, baggage, ...policy }: RouterOptions): Router {
  const api = apiRouter(system, { baggage });
  const open: Readonly<Record<string, () => Response | Promise<Response>>> = {
    "/livez": livez,
    "/healthz": livez,
    "/readyz": () => readyz(system.describe()),
    "/metrics": () => metrics(page),
  };
  return answering(async (request) => {
    const { pathname } = new URL(request.url);
    const reads = request.method === "GET" || request.method === "HEAD";
    const answer = reads && Object.hasOwn(open, pathname) ? open[pathname] : undefined;
    if (answer) return answer();
    if (pathname.startsWith("/api")) authorize(policy, request.headers);
    return api(request);
  });
}

/** The routes below `/api`, for whoever may use them. */
export function apiRouter(system: ActorSystem, { baggage }: Pick<RouterOptions, "baggage">): Router {
  const call = callRoute(system, { allow: () => true, baggage });
  return answering(async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const [root, resource, ...path] = pathname.slice(1).split("/");
    // It reads the path itself.
    if (root === "api" && resource === "actors" && path.length === 3) return call(request);
    const [first = "", second = "", third = ""] = path.map(decode);
    switch (`${request.method} ${root}/${resource} ${path.length}`) {
      case "GET api/actors 0":
        return listTypes(system);
      case "GET api/actors 1":
        return listActors(system, first, searchParams.get("prefix") ?? "");
      case "GET api/actors 2":
        return showActor(system, first, second);
      case "DELETE api/actors 2":
        return eraseActor(system, first, second);
      case "GET api/cluster 0":
        return showCluster(system);
      case "GET api/inspect 0":
        return Response.json(await inspectCluster(system.cluster));
      case "GET api/inspect 1":
        return Response.json(await inspectType(system.cluster, first));
      case "GET api/inspect 2":
        return Response.json(await inspectActor(system.cluster, first, second, searchParams.get("state") === "1"));
      case "GET api/paused 0":
        return listPaused(system);
      case "PUT api/paused 1":
        return pause(system, first);
      case "PUT api/paused 2":
        return pause(system, formatAddress(first, second));
      case "DELETE api/paused 1":
        return resume(system, first);
      case "DELETE api/paused 2":
        return resume(system, formatAddress(first, second));
      case "GET api/locks 0":
        return listLocks(system, searchParams.get("prefix") ?? "");
      case "GET api/locks 1":
        return showLock(system, first);
      case "DELETE api/locks 1":
        return breakLock(system, first);
      case "GET api/transactions 0":
        return listTransactions(system);
      case "GET api/transactions 1":
        return showTransaction(system, first);
      case "POST api/transactions 2":
        if (second === "commit" || second === "abort") return resolveTransaction(system, first, second);
        break;
      case "GET api/reminders 0":
        return listReminders(system, {}, searchParams);
      case "GET api/reminders 1":
        return listReminders(system, { type: first }, searchParams);
      case "GET api/reminders 2":
        return listReminders(system, { address: formatAddress(first, second) }, searchParams);
      case "DELETE api/reminders 3":
        return cancelReminder(system, first, second, third);
      case "GET api/dead 0":
        return listDead(system, searchParams);
      case "GET api/dead 1":
        return showDead(system, first, searchParams);
      case "POST api/dead 1":
        if (first === "retry") return retryDead(system, searchParams);
        if (first === "drop") return dropDead(system, searchParams);
    }
    throw new HttpError(404, "NO_ROUTE", `there is no ${request.method} ${pathname} here`);
  });
}

/** Failures of ours are answers too. */
function answering(route: Router): Router {
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

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new InvalidAddressError(`the path has "${part}", which is not percent-encoded UTF-8`);
  }
}
