import { type ActorError, InvalidArgumentsError, LockLostError, type Message } from "@actor-runtime/core";
import type { Activation } from "./activation.js";
import type { PartitionScope } from "./scope.js";
import { findStale, see } from "./seen-locks.js";

/** Fences are the store's time in µs, or a little more; after its clock went back they may be ahead of it for long. */
const furthestAheadMs = 366 * 24 * 60 * 60_000;

/**
 * The check at the resource that makes a lock safe: an actor refuses who holds it no more.
 *
 * @see https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html
 */
export class LockFences {
  readonly #scope: PartitionScope;

  constructor(scope: PartitionScope) {
    this.#scope = scope;
  }

  /**
   * Remembers the fences that a call came under, and says why it is refused: somebody took one of the locks later. They are
   * written before the turn begins, for whatever becomes of it, even a refusal may show state that the holder counts on.
   */
  refuse(
    activation: Activation,
    { to, handler }: Message,
    locks: NonNullable<Message["locks"]>,
  ): ActorError | undefined {
    const what = `${to}.${handler}`;
    // Such a fence would keep everybody from the actor who takes the lock after it.
    const latest = (this.#scope.services.time.now() + furthestAheadMs) * 1_000;
    const ahead = locks.find(([, fence]) => fence > latest);
    if (ahead !== undefined) {
      return new InvalidArgumentsError(
        `${what}: the fence ${ahead[1]} of the lock "${ahead[0]}" lies more than a year ahead; fences are µs since 1970 by the store's time`,
      );
    }
    activation.seenLocks ??= new Map();
    if (see(activation.seenLocks, locks)) this.#save(activation);
    const stale = findStale(activation.seenLocks, locks);
    if (stale === undefined) return undefined;
    const { lock, fence, seen } = stale;
    activation.hosted.metrics.lockRefused(1);
    return new LockLostError(
      `${what}: somebody took the lock "${lock}" later (fence ${seen}) than this caller (fence ${fence})`,
      "none",
      { data: { lock, fence, seen } },
    );
  }

  /** With the state after the last turn; what this turn changes takes its place. */
  #save(activation: Activation): void {
    const { commits } = this.#scope;
    const { gathering } = commits;
    gathering.states.set(activation.address, activation.storedText);
    activation.stored = activation.text !== activation.initial;
    activation.unsaved = false;
    // What comes after waits for it: answers of queries, and asks of turns.
    activation.lastSeq = gathering.seq;
    commits.commitSoon();
  }
}
