import {
  type AbortReason,
  fromWire,
  InvalidArgumentsError,
  type Message,
  type Participation,
  parseAddress,
  type TransactionContext,
} from "@actor-runtime/core";
import { abortHandler, commitHereHandler } from "../system-handlers.js";

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

/** Word of a transaction to a participant, as `system-handlers.ts` says. */
export interface Word {
  readonly id: string;
  /** Of `$commit`. */
  readonly participation?: Participation;
  /** Of `$commit`: an operator decided. */
  readonly forced?: boolean;
  /** Of `$commitHere`. */
  readonly until: number;
  readonly addresses: readonly string[];
}

/**
 * Reads word of a transaction. No turn is there to fail with what is wrong about it.
 *
 * @param now the store's time in ms
 * @throws InvalidArgumentsError
 */
export function wordOf({ to, handler, args }: Message, now: number): Word {
  try {
    const [id, ...rest] = fromWire(args) as [string, ...unknown[]];
    const word = { id: checkId(id), until: 0, addresses: [] };
    if (handler === abortHandler) return word;
    if (handler === commitHereHandler) {
      const [until, addresses] = rest as [number, readonly string[]];
      return { ...word, until: checkUntil(until, now), addresses: checkAddresses(addresses) };
    }
    const [participation, forced] = rest;
    return { ...word, participation: checkParticipation(participation, to), forced: forced === true };
  } catch (error) {
    throw new InvalidArgumentsError(`${to}.${handler}: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * What no coordinator could be asked about would hold an actor for ever.
 *
 * @param now the store's time in ms
 * @throws InvalidArgumentsError
 */
export function checkContext({ id, until }: TransactionContext, now: number): void {
  checkId(id);
  checkUntil(until, now);
}

/** Its coordinator can be asked about it. */
function checkId(id: string): string {
  checkText(id, "transaction");
  check(/^[^:]+:[^:]+$/.test(id), `transaction: "${id}" must be <key>:<attempt>`);
  try {
    parseAddress(`${transactionType}/${transactionKey(id)}`);
  } catch (error) {
    throw new InvalidArgumentsError(`transaction: ${(error as Error).message}`, { cause: error });
  }
  return id;
}

function checkAddresses(addresses: readonly string[]): readonly string[] {
  check(Array.isArray(addresses) && addresses.length > 0, "addresses: must be those of its participants");
  for (const address of addresses) checkMember(address);
  return addresses;
}

function checkParticipation(participation: unknown, what: string): Participation {
  check(participation === "read" || participation === "write", `members: ${what} must be "read" or "write"`);
  return participation as Participation;
}

/** @throws InvalidArgumentsError */
export function checkMembers(
  members: Readonly<Record<string, Participation>>,
): Readonly<Record<string, Participation>> {
  check(typeof members === "object" && members !== null, "members: must be what each actor did, by address");
  for (const [address, participation] of Object.entries(members)) {
    checkMember(address);
    checkParticipation(participation, address);
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
