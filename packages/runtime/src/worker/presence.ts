import {
  type Cancel,
  type Change,
  type Member,
  type MemberState,
  type View,
  type ViewMember,
} from "@actor-runtime/core";
import { Coalesced } from "./coalesced.js";
import type { WorkerServices } from "./services.js";

/** A clock that differs from the store's by more is reported. */
const maxSkewMs = 1_000;
/** Another member's time is over by now, should the timer that waits for it be early by a moment. */
const marginMs = 5;

/** What a worker learns from its presence. */
export interface PresenceHost {
  /** The view as it is now, whether it changed or not. */
  seen(view: View): void;
  /** Another process has joined under this worker's id (`true`): this one must not serve. Or it is gone again. */
  replaced(replaced: boolean): void;
  /** The store answers, after it did not. */
  recovered(): void;
  /** Something changed that is not the view. */
  hinted(change: Exclude<Change, { about: "view" }>): void;
}

/** This worker's place in the view: it joins, its heart beats, and it sees who else is there (DESIGN.md section 7). */
export class Presence {
  readonly #services: WorkerServices;
  readonly #host: PresenceHost;
  readonly #beat = new Coalesced(() => this.#beatOnce());
  #state: MemberState = "ready";
  #view: View | undefined;
  #changedAt = 0;
  /** When it joined first: a worker that was dropped and comes back is not newer for that. */
  #joinedAt: number | undefined;
  #nextBeat: Cancel = () => {};
  #unwatch: Cancel = () => {};
  #replaced = false;
  #over = false;
  #skewed = false;
  /** Since when the store does not answer, which was said once; in ms by the clock's `monotonic()`. */
  #silentSince: number | undefined;

  constructor(services: WorkerServices, host: PresenceHost) {
    this.#services = services;
    this.#host = host;
  }

  /** As last seen. */
  get view(): View | undefined {
    return this.#view;
  }

  /** Whether the store answers, in words, for `describe()`. */
  get check(): string {
    if (this.#silentSince === undefined) return "ok";
    const seconds = Math.round((this.#services.ports.clock.monotonic() - this.#silentSince) / 1_000);
    return `the store has not answered for ${seconds} s`;
  }

  /** Since when the view is as it is, in ms by the clock's `monotonic()`. */
  get changedAt(): number {
    return this.#changedAt;
  }

  /** Joins, and goes on beating until it leaves. */
  async join(): Promise<void> {
    const { membership } = this.#services.ports;
    this.#unwatch = membership.watch((change) => {
      if (this.#over) return;
      if (change.about === "view") this.look();
      else this.#host.hinted(change);
    });
    await this.#join();
    this.#beatIn(this.#intervalMs);
  }

  /** Tells the others; resolves once they can see it. Asks first: a process that was replaced has nothing to say. */
  async announce(state: MemberState): Promise<void> {
    this.#state = state;
    await this.#beat.run();
  }

  /** The view may have changed: looks soon. */
  look(): void {
    this.#beat.run().catch((error) => {
      if (this.#over) return;
      const { log } = this.#services;
      // Once: it may last for long.
      if (this.#silentSince === undefined) {
        log.warn({ err: error }, "no heartbeat: the store does not answer; trying until it does");
      } else {
        log.debug({ err: error }, "no heartbeat yet: the store does not answer");
      }
      this.#silentSince ??= this.#services.ports.clock.monotonic();
    });
  }

  async leave(): Promise<void> {
    this.#end();
    await this.#services.ports.membership.leave(this.#services.member);
  }

  get #member(): Member {
    const joinedAt = this.#joinedAt;
    return { ...this.#services.member, state: this.#state, ...(joinedAt !== undefined && { joinedAt }) };
  }

  get #intervalMs(): number {
    return this.#services.limits.leaseMs / 3;
  }

  async #join(): Promise<void> {
    const { ports, limits } = this.#services;
    const view = await ports.membership.join(this.#member, limits.leaseMs);
    if (!this.#over) this.#see(view);
  }

  async #beatOnce(): Promise<void> {
    if (this.#over) return;
    const { ports, limits, member, log } = this.#services;
    const askedAt = ports.clock.monotonic();
    this.#beatIn(this.#intervalMs);
    const { own, view, storeTime, nextExpiryMs } = await ports.membership.heartbeat(member, limits.leaseMs);
    this.#correctTime(storeTime, askedAt);
    if (this.#over) return;
    if (this.#silentSince !== undefined) {
      this.#silentSince = undefined;
      log.info({}, "the store answers again");
      this.#host.recovered();
    }
    this.#beatAtExpiry(nextExpiryMs);
    // It was dropped, or could not say how it is when it wanted to.
    if (own !== "replaced" && ownOf(view, member.id)?.state !== this.#state) await this.#join();
    else this.#see(view);
  }

  #see(view: View): void {
    if (this.#view?.version !== view.version) this.#changedAt = this.#services.ports.clock.monotonic();
    this.#view = view;
    const own = ownOf(view, this.#services.member.id);
    this.#findReplaced(own !== undefined && own.incarnation !== this.#services.member.incarnation);
    if (!this.#replaced) this.#joinedAt ??= own?.joinedAt;
    this.#host.seen(view);
  }

  /** Two processes with one id, or word of an earlier one that comes late: whoever is left in the end serves. */
  #findReplaced(replaced: boolean): void {
    if (replaced === this.#replaced) return;
    this.#replaced = replaced;
    const { log, member } = this.#services;
    if (replaced) {
      log.error({ workerId: member.id }, `another process has joined as worker "${member.id}": this one stands by`);
    } else {
      log.warn(
        { workerId: member.id },
        `the other process that was worker "${member.id}" is gone: this one serves again`,
      );
    }
    this.#host.replaced(replaced);
  }

  /** Whoever dies is missed at the moment its time is up, not a third of a lease later. */
  #beatAtExpiry(nextExpiryMs: number | undefined): void {
    if (nextExpiryMs !== undefined && nextExpiryMs + marginMs < this.#intervalMs) this.#beatIn(nextExpiryMs + marginMs);
  }

  #beatIn(ms: number): void {
    this.#nextBeat();
    if (!this.#over) this.#nextBeat = this.#services.ports.clock.after(ms, () => this.look());
  }

  #end(): void {
    this.#over = true;
    this.#nextBeat();
    this.#unwatch();
  }

  /** O4. */
  #correctTime(storeTime: number, askedAt: number): void {
    const { log, time } = this.#services;
    time.correct(storeTime, askedAt);
    const skewMs = Math.round(time.skew);
    const skewed = Math.abs(skewMs) > maxSkewMs;
    if (skewed && !this.#skewed) {
      log.warn({ skewMs }, "this machine's clock differs from the store's; check its time synchronisation");
    }
    this.#skewed = skewed;
  }
}

function ownOf({ members }: View, id: string): ViewMember | undefined {
  return members.find((member) => member.id === id);
}
