import type { HeldLock } from "@actor-runtime/core";
import { type ActorSystem, HttpError, type LockDescription } from "@actor-runtime/runtime";

type WithLocks = Pick<ActorSystem, "locks">;

/** The most locks one answer lists; a prefix finds the others. */
const pageSize = 1_000;

/** Says who somebody is that holds a lock or waits for it; its request begins with that. */
type Named<T> = T & { readonly worker: string };

type Held = Omit<HeldLock, "name" | "holders"> & { readonly holders: readonly Named<HeldLock["holders"][number]>[] };

/** A lock as `/api/locks` describes it. */
export interface LockReport {
  readonly name: string;
  /** Absent when nobody holds it just now. */
  readonly held?: Held;
  readonly waiting: readonly Named<LockDescription["waiting"][number]>[];
}

/** `GET /api/locks?prefix=`: locks that are held or waited for, by name; `more` says that the page is full. */
export async function listLocks({ locks }: WithLocks, prefix: string): Promise<Response> {
  const found = await locks.list({ prefix });
  return Response.json({ locks: found.slice(0, pageSize).map(reportOf), more: found.length > pageSize });
}

/** `GET /api/locks/<name>`: who holds it, and who waits. */
export async function showLock({ locks }: WithLocks, name: string): Promise<Response> {
  return Response.json(reportOf(await find(locks, name)));
}

/** `DELETE /api/locks/<name>`: takes it from its holders. Answers with what was held, and with who waits and so is next. */
export async function breakLock({ locks }: WithLocks, name: string): Promise<Response> {
  // Read before: whoever is next may have it, and wait no more, as soon as it is broken.
  const { waiting } = await find(locks, name);
  const held = await locks.break(name);
  if (!held) throw new HttpError(404, "NOT_HELD", `nobody holds the lock ${name}`);
  return Response.json(reportOf({ name, held, waiting }));
}

async function find(locks: ActorSystem["locks"], name: string): Promise<LockDescription> {
  const found = await locks.list({ prefix: name });
  return found.find((lock) => lock.name === name) ?? { name, held: undefined, waiting: [] };
}

function reportOf({ name, held, waiting }: LockDescription): LockReport {
  return {
    name,
    ...(held && { held: { mode: held.mode, fence: held.fence, holders: held.holders.map(named) } }),
    waiting: waiting.map(named),
  };
}

/** A request is `<worker>/<incarnation>/<number>`. */
function named<T extends { readonly request: string }>(one: T): Named<T> {
  return { worker: one.request.split("/", 1)[0]!, ...one };
}
