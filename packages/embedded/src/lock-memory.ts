import {
  type Clock,
  claimed,
  type HeldLock,
  heldLock,
  type LockMode,
  type LockNow,
  type LockRecord,
  liveRecord,
  type OfferOptions,
  offered,
  released,
} from "@actor-runtime/core";
import type { Disk } from "./disk.js";

type Request = { readonly name: string; readonly request: string; readonly mode: LockMode };

/** The rules of locks (core/rules/lock-record.ts) on the records that all processes share. */
export class LockMemory {
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #watchers = new Set<(name?: string) => void>();

  constructor(disk: Disk, clock: Clock) {
    this.#disk = disk;
    this.#clock = clock;
    disk.watch(() => {
      for (const missed of this.#watchers) missed();
    });
  }

  open(id: string, ttlMs: number): void {
    const { sessions } = this.#disk.content;
    const { now, sessionEnd } = this.#at();
    for (const known of sessions.keys()) if (sessionEnd(known) === undefined) sessions.delete(known);
    sessions.set(id, now + ttlMs);
  }

  /** @returns whether it was still open */
  renew(id: string, ttlMs: number): boolean {
    const { now, sessionEnd } = this.#at();
    if (sessionEnd(id) === undefined) return false;
    this.#disk.content.sessions.set(id, now + ttlMs);
    return true;
  }

  /** Those that have not ended. */
  sessions(): string[] {
    const { sessionEnd } = this.#at();
    return [...this.#disk.content.sessions.keys()].filter((id) => sessionEnd(id) !== undefined);
  }

  close(id: string): void {
    this.#disk.content.sessions.delete(id);
  }

  offer(
    asked: Request,
    { session, claimMs, waits, others, leastFence = 0 }: OfferOptions,
  ): { readonly fence: number } | { readonly held: HeldLock } | { readonly over: true } {
    const { content } = this.#disk;
    const at = this.#at();
    if (at.sessionEnd(session) === undefined) return { over: true };
    const record = this.#live(asked.name, at);
    const nextFence = Math.max(content.lockFence + 1, Math.floor(this.#clock.now() * 1_000), leastFence);
    const after = offered(record, asked, { now: at.now, claimMs, nextFence, others });
    if (after === undefined) {
      this.#write(asked.name, { ...record!, wanted: record!.wanted || waits });
      return { held: heldLock(asked.name, record!, at) };
    }
    content.lockFence = Math.max(content.lockFence, after.fence);
    this.#write(asked.name, after);
    return { fence: after.fence };
  }

  claim({ name, request }: Request, session: string): boolean {
    const at = this.#at();
    if (at.sessionEnd(session) === undefined) return false;
    const after = claimed(this.#live(name, at), request, session);
    if (after === undefined) return false;
    this.#write(name, after);
    return true;
  }

  release({ name, request }: Pick<Request, "name" | "request">, only?: "offered"): { wanted: boolean } {
    const record = this.#live(name, this.#at());
    if (record === undefined) return { wanted: false };
    if (only === "offered" && record.takers.get(request)?.session !== undefined) return { wanted: false };
    const after = released(record, request);
    this.#write(name, after);
    return { wanted: after === undefined && record.wanted };
  }

  break(name: string): HeldLock | undefined {
    const held = this.inspect(name);
    this.#write(name, undefined);
    if (held !== undefined) for (const broken of this.#watchers) broken(name);
    return held;
  }

  inspect(name: string): HeldLock | undefined {
    const at = this.#at();
    const record = this.#live(name, at);
    return record && heldLock(name, record, at);
  }

  list(prefix: string): HeldLock[] {
    const names = [...this.#disk.content.locks.keys()].filter((name) => name.startsWith(prefix));
    return names.flatMap((name) => this.inspect(name) ?? []);
  }

  watch(broken: (name?: string) => void): () => void {
    this.#watchers.add(broken);
    return () => this.#watchers.delete(broken);
  }

  #at(): LockNow {
    const now = this.#clock.monotonic();
    const { sessions } = this.#disk.content;
    return {
      now,
      sessionEnd: (id) => {
        const end = sessions.get(id);
        return end !== undefined && end > now ? end : undefined;
      },
    };
  }

  /** Whoever looks forgets those whose time is over. */
  #live(name: string, at: LockNow): LockRecord | undefined {
    const record = liveRecord(this.#disk.content.locks.get(name), at);
    this.#write(name, record);
    return record;
  }

  #write(name: string, record: LockRecord | undefined): void {
    if (record === undefined) this.#disk.content.locks.delete(name);
    else this.#disk.content.locks.set(name, record);
  }
}
