import type { Clock, HeldLock, LockLeases } from "@actor-runtime/core";

/** Who could not wait any longer waits at most this much (ms) to learn for whom he waited. */
const lookMs = 50;

/**
 * Who holds the locks now, for an error's message and data; says nothing when the store takes too long.
 *
 * @returns `; it is held by worker-1 for 12.3 s`, and the locks that are held
 */
export async function whoHolds(
  names: readonly string[],
  leases: LockLeases,
  clock: Clock,
): Promise<readonly [text: string, data: { readonly held: readonly HeldLock[] }]> {
  let cancel = () => {};
  const enough = new Promise<undefined>((resolve) => {
    cancel = clock.after(lookMs, () => resolve(undefined));
  });
  const looked = Promise.all(names.map((name) => leases.inspect(name))).catch(() => undefined);
  const held = ((await Promise.race([looked, enough])) ?? []).filter((lock) => lock !== undefined);
  cancel();
  const parts = held.map(({ name, holders: [first, ...others] }) => {
    const more = others.length > 0 ? ` and ${others.length} more` : "";
    return `"${name}" is held by ${workerOf(first!.request)}${more} for ${(first!.heldMs / 1_000).toFixed(1)} s`;
  });
  return [parts.length === 0 ? "" : `; ${parts.join(", ")}`, { held }];
}

/** Requests begin with the id of their process. */
function workerOf(request: string): string {
  return request.slice(0, request.indexOf("/"));
}
