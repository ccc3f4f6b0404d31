import { createServer, type Server } from "node:http";
import { type ActorSystem, callRoute } from "actor-runtime";
import { fetchHandler } from "./fetch-handler.js";
import { Poll } from "./poll.js";

/**
 * A server of one's own, with actors behind it:
 *
 * - `GET /polls/<name>` answers with the results of a poll
 * - `POST /api/Poll/<name>/<handler>` calls a handler directly; closing a poll takes the token
 */
export function pollServer(system: ActorSystem, token: string): Server {
  const api = callRoute(system, {
    allow: (type, handler, request) =>
      type === "Poll" && (handler !== "close" || request.headers.get("authorization") === `Bearer ${token}`),
  });
  return createServer(
    fetchHandler(async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname.startsWith("/api/")) return api(request);
      const name = /^\/polls\/([\w-]{1,40})$/.exec(pathname)?.[1];
      if (name === undefined || request.method !== "GET") return new Response("not found", { status: 404 });
      return Response.json(await system.ref(Poll, name).results());
    }),
  );
}
