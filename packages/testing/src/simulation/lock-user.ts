import { CancelledError, DeadlockError, LockTimeoutError, TurnEndedError } from "@actor-runtime/core";
import type { Lock, Locks } from "@actor-runtime/runtime";
import type { LockEnd } from "../checkers/locks/lock-history.js";
import type { AttemptRecord, LockRecorder } from "../checkers/locks/lock-recorder.js";
import type { FencedRegister } from "./fenced-register.js";
import type { LockPlan } from "./lock-plan.js";

/** How often somebody who works under a lock writes. */
const stepMs = 250;

/** What users of locks in all processes share. */
export interface LockScene {
  readonly recorder: LockRecorder;
  readonly register: FencedRegister;
  /** Something that must not be. */
  readonly report: (what: string) => void;
}

interface TakeOptions {
  /** Is done under the lock of the plan, where that is held in a body. */
  readonly work?: ((lock: Lock) => Promise<void>) | undefined;
  /** Hears the id of each attempt. */
  readonly begun?: ((id: string, nested: boolean) => void) | undefined;
  /** Its caller holds a lock. */
  readonly nested?: boolean;
}

/** Code that takes locks in one process, in a client or in a turn. */
export class LockUser {
  readonly #scene: LockScene;
  readonly #process: string;
  readonly #sleep: (ms: number) => Promise<void>;

  constructor(scene: LockScene, process: string, sleep: (ms: number) => Promise<void>) {
    this.#scene = scene;
    this.#process = process;
    this.#sleep = sleep;
  }

  /**
   * Follows the plan to its end, whatever comes of it. Rejects only with what `work` does.
   */
  async take(locks: Locks, plan: LockPlan, { work, begun, nested = false }: TakeOptions = {}): Promise<void> {
    const { names, mode, waitMs, leaseMs: lease } = plan;
    const attempt = this.#scene.recorder.begin({ process: this.#process, names, mode, waitMs, nested });
    begun?.(attempt.id, nested);
    const signal = this.#signal(plan, attempt);
    const options = { lease, mode, ...(signal && { signal }) };
    const held = { lock: undefined as Lock | undefined };
    const use = async (lock: Lock) => {
      held.lock = lock;
      await this.#hold(lock, plan, attempt, locks, { work, begun });
    };
    try {
      if (waitMs === undefined) {
        const lock = await locks.tryAcquire(names, options);
        if (lock === undefined) return attempt.refused("busy");
        await (plan.inBody ? lock.run(() => use(lock)) : use(lock));
        await lock.release();
      } else if (plan.inBody) {
        await locks.withLock(names, { ...options, wait: waitMs }, use);
      } else {
        await using lock = await locks.acquire(names, { ...options, wait: waitMs });
        await use(lock);
      }
    } catch (error) {
      if (held.lock === undefined) attempt.refused(endOf(error));
      else if (!held.lock.signal.aborted) throw error;
    }
  }

  #signal({ cancelMs }: LockPlan, attempt: AttemptRecord): AbortSignal | undefined {
    if (cancelMs === undefined) return undefined;
    const controller = new AbortController();
    void this.#sleep(cancelMs).then(() => {
      attempt.cancelled();
      controller.abort();
    });
    return controller.signal;
  }

  async #hold(
    lock: Lock,
    plan: LockPlan,
    attempt: AttemptRecord,
    locks: Locks,
    { work, begun }: TakeOptions,
  ): Promise<void> {
    const { names, workMs, careless, inBody, inner } = plan;
    // It came too late for its holder, who never acts on it.
    if (lock.signal.aborted) return attempt.refused("failed");
    attempt.granted(Object.fromEntries(names.map((name) => [name, lock.fenceOf(name)])));
    lock.signal.addEventListener("abort", () => attempt.left(), { once: true });
    const goesOn = () => careless || !lock.signal.aborted;
    try {
      for (let leftMs = workMs; leftMs > 0 && goesOn(); leftMs -= stepMs) {
        this.#write(lock, names, attempt);
        await this.#sleep(Math.min(leftMs, stepMs));
      }
      if (inBody && !lock.signal.aborted) await this.#again(lock, plan, locks);
      if (inBody && inner && goesOn()) await this.take(locks, inner, { begun, nested: true });
      if (inBody && work && goesOn()) await work(lock);
      if (goesOn()) this.#write(lock, names, attempt);
    } finally {
      attempt.left();
    }
  }

  #write(lock: Lock, names: readonly string[], attempt: AttemptRecord): void {
    for (const name of names) {
      const fence = lock.fenceOf(name);
      const believed = !lock.signal.aborted;
      if (!believed) attempt.left();
      attempt.wrote({ name, fence, believed, accepted: this.#scene.register.write(name, fence) });
    }
  }

  /** In its body a lock is its holder's already. */
  async #again(lock: Lock, { names, mode }: LockPlan, locks: Locks): Promise<void> {
    const [name] = names as readonly [string];
    try {
      await locks.withLock(name, { wait: 1, mode }, (same) => {
        if (same.fenceOf(name) === lock.fenceOf(name)) return;
        this.#scene.report(`${this.#process} got lock ${name} anew, with another fence, under itself`);
      });
    } catch (error) {
      if (lock.signal.aborted || error instanceof TurnEndedError) return;
      this.#scene.report(`${this.#process} did not get lock ${name} under itself: ${String(error)}`);
    }
  }
}

function endOf(error: unknown): Exclude<LockEnd, "pending" | "granted" | "died" | "busy"> {
  if (error instanceof LockTimeoutError) return "timeout";
  if (error instanceof CancelledError) return "cancelled";
  return error instanceof DeadlockError ? "deadlock" : "failed";
}
