import {
  answerKey,
  ConfigError,
  checkKey,
  checkType,
  type DeadLetter,
  type Duration,
  durationMs,
} from "@actor-runtime/core";

/** Which dead letters are meant; what is absent leaves out none. */
export interface DeadLetterFilter {
  readonly type?: string;
  readonly key?: string;
  /** Identities of messages, as `list` gives them. */
  readonly ids?: readonly string[];
  /** Code or class of the cause (`INSUFFICIENT_FUNDS`, `RejectedError`), or any part of its message; letter case is ignored. */
  readonly reason?: string;
  /** Died at least so long ago. */
  readonly olderThan?: Duration;
  /** Died at most so long ago. */
  readonly youngerThan?: Duration;
  /** The most letters, oldest of each type first. */
  readonly limit?: number;
}

/** One walk through dead letters. It counts each message once: after a crash the broker may hold copies (delivery.md C.21). */
export class DeadLetterSelection {
  readonly type: string | undefined;
  readonly #key: string | undefined;
  readonly #ids: ReadonlySet<string> | undefined;
  readonly #reason: string | undefined;
  readonly #from: number;
  readonly #to: number;
  readonly #limit: number;
  /** When the chosen ones died, by actor and identity. */
  readonly #chosen = new Map<string, number>();

  /**
   * @param now ms since 1970
   * @throws ConfigError, InvalidAddressError or RangeError that names the field
   */
  constructor(filter: DeadLetterFilter, now: number) {
    const { type, key, ids, reason, olderThan, youngerThan, limit = Number.POSITIVE_INFINITY } = filter;
    if (type !== undefined) checkType(type);
    if (key !== undefined) checkKey(key);
    if (limit !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(limit) && limit > 0)) {
      throw new ConfigError(`limit: must be a whole number above 0, not ${limit}`);
    }
    this.type = type;
    this.#key = key;
    this.#ids = ids && new Set(ids);
    this.#reason = reason?.toLowerCase();
    this.#from = youngerThan === undefined ? Number.NEGATIVE_INFINITY : now - durationMs(youngerThan, "youngerThan");
    this.#to = olderThan === undefined ? Number.POSITIVE_INFINITY : now - durationMs(olderThan, "olderThan");
    this.#limit = limit;
  }

  /**
   * - `chosen`: it is meant, and seen for the first time
   * - `copy`: the very letter was chosen already
   * - `other`: it is not meant, or its message died anew since it was chosen
   */
  look(letter: DeadLetter): "chosen" | "copy" | "other" {
    const key = answerKey(letter.address, letter.id);
    const diedAt = this.#chosen.get(key);
    if (diedAt !== undefined) return diedAt === letter.at ? "copy" : "other";
    if (this.#chosen.size >= this.#limit || !this.#matches(letter)) return "other";
    this.#chosen.set(key, letter.at);
    return "chosen";
  }

  #matches({ id, address, cause, at }: DeadLetter): boolean {
    if (at < this.#from || at > this.#to) return false;
    if (this.#ids && !this.#ids.has(id)) return false;
    if (this.#key !== undefined && address.slice(address.indexOf("/") + 1) !== this.#key) return false;
    if (this.#reason === undefined) return true;
    const { code, name, message } = cause;
    if ([code, cause.class, name].some((text) => text.toLowerCase() === this.#reason)) return true;
    return message.toLowerCase().includes(this.#reason);
  }
}
