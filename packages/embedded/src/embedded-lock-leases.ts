import type {
  Cancel,
  Clock,
  HeldLock,
  LockLeases,
  LockOffer,
  LockRequest,
  LockSession,
  OfferOptions,
  OfferOutcome,
} from "@actor-runtime/core";
import type { Link } from "./link.js";
import type { LockMemory } from "./lock-memory.js";

/** One process's connection to the locks of a world. */
export class EmbeddedLockLeases implements LockLeases {
  readonly #memory: LockMemory;
  readonly #link: Link;
  readonly #clock: Clock;

  constructor(memory: LockMemory, link: Link, clock: Clock) {
    this.#memory = memory;
    this.#link = link;
    this.#clock = clock;
  }

  async open(id: string, ttlMs: number): Promise<LockSession> {
    const until = this.#clock.monotonic() + ttlMs;
    await this.#link.call(() => this.#memory.open(id, ttlMs));
    return { id, until };
  }

  async renew({ id }: LockSession, ttlMs: number): Promise<LockSession | undefined> {
    const until = this.#clock.monotonic() + ttlMs;
    return (await this.#link.call(() => this.#memory.renew(id, ttlMs))) ? { id, until } : undefined;
  }

  close({ id }: LockSession): Promise<void> {
    return this.#link.call(() => this.#memory.close(id));
  }

  async offer({ name, request, mode }: LockRequest, options: OfferOptions): Promise<OfferOutcome> {
    const made = await this.#link.call(() => this.#memory.offer({ name, request, mode }, options));
    return "fence" in made ? { offer: { name, request, mode, fence: made.fence } } : made;
  }

  claim(offer: LockOffer, { id }: LockSession): Promise<boolean> {
    return this.#link.call(() => this.#memory.claim(offer, id));
  }

  release(request: Pick<LockRequest, "name" | "request">, only?: "offered"): Promise<{ wanted: boolean }> {
    return this.#link.call(() => this.#memory.release(request, only));
  }

  break(name: string): Promise<HeldLock | undefined> {
    return this.#link.call(() => this.#memory.break(name));
  }

  inspect(name: string): Promise<HeldLock | undefined> {
    return this.#link.call(() => this.#memory.inspect(name));
  }

  async *list(prefix: string): AsyncGenerator<HeldLock> {
    yield* await this.#link.call(() => this.#memory.list(prefix));
  }

  watch(broken: (name?: string) => void): Cancel {
    return this.#memory.watch((name) => this.#link.notify(() => broken(name)));
  }
}
