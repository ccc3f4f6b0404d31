import { InvalidArgumentsError, type LockMode, type LockProbe } from "@actor-runtime/core";

/** The type of lock actors; a lock's name is the key of its actor. */
export const lockType = "$Lock";

export function lockAddress(name: string): string {
  return `${lockType}/${name}`;
}

/** An acquisition as it travels. */
export interface Asked {
  readonly request: string;
  readonly mode: LockMode;
  readonly session: string;
  /** Locks that the caller holds. */
  readonly holds: readonly string[];
  /** When its caller first asked for the lock, in the store's time (ms); the same whenever it is asked again. */
  readonly since: number;
  /** How long it will wait on; 0: only if the lock can be had at once. */
  readonly waitMs: number;
}

const maxIdLength = 512;
/** More than anybody takes together, nested and inherited. */
const maxHolds = 256;
const maxPath = 32;

// What a lock actor keeps must not be what it cannot carry out: that would stand in everybody's way.

/** @throws InvalidArgumentsError */
export function checkAsked(asked: Asked): Asked {
  const { request, mode, session, holds, since, waitMs } = Object(asked) as Asked;
  checkId(request, "request");
  checkId(session, "session");
  check(mode === "exclusive" || mode === "shared", 'mode: must be "exclusive" or "shared"');
  check(Array.isArray(holds) && holds.length <= maxHolds, `holds: must be at most ${maxHolds} names of locks`);
  for (const name of holds) checkId(name, "holds");
  check(Number.isFinite(since), "since: must be a time in ms");
  check(Number.isFinite(waitMs) && waitMs >= 0, "waitMs: must be a number of ms");
  return { request, mode, session, holds, since, waitMs };
}

/** @throws InvalidArgumentsError */
export function checkProbe(probe: LockProbe): LockProbe {
  check(Array.isArray(probe) && probe.length <= maxPath, `probe: must be a path of at most ${maxPath} places`);
  return probe.map((place) => {
    const { name, request, since } = Object(place) as LockProbe[number];
    checkId(name, "name");
    checkId(request, "request");
    check(Number.isFinite(since), "since: must be a time in ms");
    return { name, request, since };
  });
}

/** @throws InvalidArgumentsError */
export function checkCycle(cycle: readonly string[]): readonly string[] {
  check(Array.isArray(cycle) && cycle.length <= maxPath, `cycle: must be at most ${maxPath} names of locks`);
  for (const name of cycle) checkId(name, "cycle");
  return cycle;
}

/** @throws InvalidArgumentsError */
export function checkId(id: string, field: string): string {
  check(typeof id === "string" && id !== "" && id.length <= maxIdLength, `${field}: must be a string`);
  return id;
}

function check(ok: boolean, message: string): void {
  if (!ok) throw new InvalidArgumentsError(message);
}
