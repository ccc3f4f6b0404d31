import { type AbortReason, InvalidArgumentsError, type Participation, parseAddress } from "@actor-runtime/core";

/** The type of coordinators; the key of a transaction is that of its coordinator. */
export const transactionType = "$Transaction";

/** What a coordinator keeps of an attempt that commits under an idempotency key. */
export interface Kept {
  readonly forMs: number;
  readonly result: unknown;
}

/** What committed under an idempotency key. */
export interface CommittedResult {
  readonly committed: string;
  readonly result: unknown;
}

/** Names one attempt of a transaction, `<key>:<attempt>`. */
export function attemptId(key: string, attempt: string): string {
  return `${key}:${attempt}`;
}

/** The key of the transaction that an attempt belongs to. */
export function transactionKey(id: string): string {
  return id.slice(0, id.lastIndexOf(":"));
}

const maxIdLength = 512;
const maxUntilMs = 60 * 60_000;
const maxKeepMs = 60 * 60_000;
const reasons: readonly AbortReason[] = ["rejected", "conflict", "deadline", "lost", "resolved", "superseded"];

// What a coordinator keeps must not be what it cannot carry out: a decision is carried out until everybody heard of it.

/** @throws InvalidArgumentsError when it is no attempt of this key */
export function checkAttempt(id: string, key: string): string {
  checkText(id, "id");
  check(
    id.startsWith(`${key}:`) && id.length > key.length + 1,
    `id: "${id}" is no attempt of the transaction "${key}"`,
  );
  return id;
}

/** @throws InvalidArgumentsError */
export function checkText(text: string, field: string): string {
  check(typeof text === "string" && text !== "" && text.length <= maxIdLength, `${field}: must be a string`);
  return text;
}

/** @throws InvalidArgumentsError */
export function checkMembers(
  members: Readonly<Record<string, Participation>>,
): Readonly<Record<string, Participation>> {
  check(typeof members === "object" && members !== null, "members: must be what each actor did, by address");
  for (const [address, participation] of Object.entries(members)) {
    checkMember(address);
    check(participation === "read" || participation === "write", `members: ${address} must be "read" or "write"`);
  }
  return members;
}

/** @throws InvalidArgumentsError */
export function checkMember(address: string): string {
  check(typeof address === "string", "member: must be an address");
  try {
    parseAddress(address);
  } catch (error) {
    throw new InvalidArgumentsError(`member: ${(error as Error).message}`, { cause: error });
  }
  return address;
}

/** @throws InvalidArgumentsError */
export function checkUntil(until: number, now: number): number {
  check(Number.isFinite(until) && until <= now + maxUntilMs, "until: must be a time in ms, at most 1 h ahead");
  return until;
}

/** @throws InvalidArgumentsError */
export function checkReason(reason: AbortReason): AbortReason {
  check(reasons.includes(reason), `reason: must be one of ${reasons.join(", ")}`);
  return reason;
}

/** @throws InvalidArgumentsError */
export function checkOutcome(outcome: "commit" | "abort"): "commit" | "abort" {
  check(outcome === "commit" || outcome === "abort", 'outcome: must be "commit" or "abort"');
  return outcome;
}

/** @throws InvalidArgumentsError */
export function checkKept(keep: Kept | undefined): Kept | undefined {
  if (keep === undefined) return undefined;
  const { forMs, result } = Object(keep) as Kept;
  check(Number.isFinite(forMs) && forMs >= 0 && forMs <= maxKeepMs, "keep.forMs: must be a number of ms, at most 1 h");
  return { forMs, result };
}

function check(ok: boolean, message: string): void {
  if (!ok) throw new InvalidArgumentsError(message);
}
