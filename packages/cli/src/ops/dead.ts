import { type DeadLetter, type Duration, durationMs, InvalidArgumentsError } from "@actor-runtime/core";
import { type ActorSystem, type DeadLetterFilter, HttpError, isRetryable } from "@actor-runtime/runtime";
import { traceIdOf } from "../trace-link.js";

type WithDead = Pick<ActorSystem, "dead">;

/** The most letters one answer lists. */
const pageSize = 1_000;

/** `GET /api/dead?<filters>`: letters without what they carried; `more` says that the page is full. */
export async function listDead({ dead }: WithDead, query: URLSearchParams): Promise<Response> {
  const { limit = pageSize, ...filter } = filterOf(query);
  const letters = [];
  for await (const letter of dead.list({ ...filter, limit: Math.min(limit, pageSize) + 1 })) {
    letters.push(summaryOf(letter));
  }
  const more = letters.length > Math.min(limit, pageSize);
  if (more) letters.pop();
  return Response.json({ letters, more });
}

/** `GET /api/dead/<id>?<filters>`: everything that is known of a message; several actors may have had one of this identity. */
export async function showDead({ dead }: WithDead, id: string, query: URLSearchParams): Promise<Response> {
  const letters = [];
  for await (const letter of dead.list({ ...filterOf(query), ids: [id] })) {
    letters.push({ ...letter, ...traceOf(letter) });
  }
  if (letters.length === 0) throw new HttpError(404, "NO_SUCH_LETTER", `there is no dead letter ${id}`);
  return Response.json({ letters });
}

/** `POST /api/dead/retry?<filters>&dry-run` */
export async function retryDead({ dead }: WithDead, query: URLSearchParams): Promise<Response> {
  return Response.json(await dead.retry(filterOf(query), { dryRun: query.has("dry-run") }));
}

/** `POST /api/dead/drop?<filters>&dry-run` */
export async function dropDead({ dead }: WithDead, query: URLSearchParams): Promise<Response> {
  return Response.json(await dead.drop(filterOf(query), { dryRun: query.has("dry-run") }));
}

/** The filters `type`, `key`, `id` (may be repeated), `reason`, `older`, `younger` and `limit` of a query. */
function filterOf(query: URLSearchParams): DeadLetterFilter {
  const text = (name: string) => query.get(name) ?? undefined;
  const type = text("type");
  const key = text("key");
  const ids = query.getAll("id");
  const reason = text("reason");
  const older = text("older");
  const younger = text("younger");
  const limit = text("limit");
  return {
    ...(type !== undefined && { type }),
    ...(key !== undefined && { key }),
    ...(ids.length > 0 && { ids }),
    ...(reason !== undefined && { reason }),
    ...(older !== undefined && { olderThan: durationOf(older, "older") }),
    ...(younger !== undefined && { youngerThan: durationOf(younger, "younger") }),
    ...(limit !== undefined && { limit: Number(limit) }),
  };
}

/** A bare number is milliseconds. */
function durationOf(text: string, field: string): Duration {
  try {
    return durationMs((/^\d+$/.test(text) ? Number(text) : text) as Duration, field);
  } catch (error) {
    throw new InvalidArgumentsError((error as Error).message);
  }
}

function summaryOf(letter: DeadLetter) {
  const { id, address, handler, attempts, at, cause } = letter;
  const { class: type, name, code, message } = cause;
  return {
    id,
    address,
    handler,
    attempts,
    at,
    cause: { class: type, name, code, message },
    retryable: isRetryable(letter),
    ...traceOf(letter),
  };
}

/** The trace that its message was part of. */
function traceOf({ message }: DeadLetter): { traceId?: string } {
  const traceId = "trace" in message ? traceIdOf(message.trace?.traceparent) : undefined;
  return traceId === undefined ? {} : { traceId };
}
