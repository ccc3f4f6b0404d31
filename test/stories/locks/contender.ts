import { setTimeout as sleep } from "node:timers/promises";
import { ActorError, LockLostError } from "@actor-runtime/core";
import type { ActorSystem, Lock } from "@actor-runtime/runtime";
import { type Held, machineMs, type Try } from "./journal.js";
import type { Visit } from "./resource.js";
import type { Stalls } from "./stalls.js";

/** What the clients of a process do until they are told to stop. */
export interface Contest {
  /** Locks that each client wants one after the other. */
  readonly names: readonly string[];
  readonly leaseMs: number;
  readonly waitMs: number;
  readonly holdMs: number;
}

/** What somebody saw of its lock who was frozen while it held it, before it did anything else. */
export interface Awakening {
  readonly client: string;
  readonly frozenMs: number;
  readonly aborted: boolean;
  /** What `check()` threw. */
  readonly thrown: string | undefined;
  /** Whether the fenced resource then took a write that came all the same. */
  readonly accepted: boolean;
}

export interface Outside {
  /** Resolves with whether the fenced resource took it. */
  visit(visit: Visit): Promise<boolean>;
  note(one: Try): void;
  awoke(awakening: Awakening): void;
}

/** Between two writes of a holder. */
const stepMs = 5;

/** A client that takes one lock after the other, and under it enters what the lock protects, writes there and leaves. */
export class Contender {
  readonly #client: string;
  readonly #system: ActorSystem;
  readonly #contest: Contest;
  readonly #outside: Outside;
  readonly #stalls: Stalls;
  readonly #contending: Promise<void>;
  #stopped = false;

  constructor(client: string, index: number, system: ActorSystem, contest: Contest, outside: Outside, stalls: Stalls) {
    this.#client = client;
    this.#system = system;
    this.#contest = contest;
    this.#outside = outside;
    this.#stalls = stalls;
    this.#contending = this.#contend(index);
  }

  /** Resolves when the try under way has ended. */
  stop(): Promise<void> {
    this.#stopped = true;
    return this.#contending;
  }

  async #contend(first: number): Promise<void> {
    const { names } = this.#contest;
    for (let n = first; !this.#stopped; n++) this.#outside.note(await this.#try(names[n % names.length]!));
  }

  async #try(name: string): Promise<Try> {
    const { leaseMs, waitMs } = this.#contest;
    const asked = machineMs();
    const stalled = this.#stalls.totalMs;
    const end = await this.#end(name, { lease: leaseMs, wait: waitMs });
    return { client: this.#client, name, asked, waitMs, stallMs: this.#stalls.totalMs - stalled, end };
  }

  async #end(name: string, options: { lease: number; wait: number }): Promise<Try["end"]> {
    const held: Held[] = [];
    try {
      await this.#system.locks.withLock(name, options, async (lock) => {
        const got = machineMs();
        await this.#hold(name, lock);
        held.push({ is: "held", fence: lock.fence, got, ended: machineMs(), lost: lock.signal.aborted });
      });
    } catch (error) {
      if (!(error instanceof ActorError)) throw error;
      if (held.length === 0) return { is: "failed", error: error.name, ended: machineMs() };
      // It held the lock, and is told that it does no more.
      if (!(error instanceof LockLostError)) throw error;
    }
    return held[0]!;
  }

  async #hold(name: string, lock: Lock): Promise<void> {
    const until = performance.now() + this.#contest.holdMs;
    const visit = (does: Visit["does"]) => this.#outside.visit({ client: this.#client, name, fence: lock.fence, does });
    let looked = performance.now();
    const lookAgain = async (): Promise<void> => {
      const frozenMs = performance.now() - looked;
      looked = performance.now();
      if (frozenMs < this.#contest.leaseMs) return;
      const { aborted } = lock.signal;
      const thrown = thrownBy(() => lock.check());
      this.#outside.awoke({ client: this.#client, frozenMs, aborted, thrown, accepted: await visit("write") });
    };
    await visit("enter");
    await lookAgain();
    while (performance.now() < until && !lock.signal.aborted) {
      await sleep(stepMs);
      await lookAgain();
      if (!lock.signal.aborted) await visit("write");
      await lookAgain();
    }
    await visit("leave");
  }
}

function thrownBy(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}
