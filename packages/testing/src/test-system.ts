import type { Duration, Logger } from "@actor-runtime/core";
import type { ActorSystem, AnyActor, Limits } from "@actor-runtime/runtime";
import type { Provided } from "./test-services.js";
import type { SentMessage, TestDeadLetter } from "./traffic.js";

export interface TestSystemOptions {
  readonly actors: readonly AnyActor[];
  /**
   * What is injected instead of the real thing, also into the services of others: `[[AuditLog, fake]]`. Every other
   * service is typedi's, made anew for this system.
   */
  readonly provide?: readonly Provided[];
  /** Decides `self.random()`, ids and the spread of retries. Default 1. */
  readonly seed?: number;
  readonly limits?: Partial<Limits>;
  /** Where time stands at first. Default 2026-01-01 00:00 UTC. */
  readonly start?: Date | number;
  /** Default: warnings and errors on stderr. */
  readonly log?: Logger;
}

type Class<T> = abstract new (...args: never[]) => T;

/** An actor system in this process whose time stands still until the test moves it. */
export interface TestSystem extends ActorSystem {
  /**
   * Stores state for an actor that is not in memory, as if an earlier turn had left it; fields not given have their initial
   * values.
   *
   * @param state by field of the class, private ones too
   * @throws ConfigError when the class has no such `@State` field, or the actor is in memory already
   * @example await t.seed(Account, "alice", { balance: 100 })
   */
  seed<T extends object>(type: Class<T>, key: string, state: Partial<T> & Record<string, unknown>): Promise<void>;

  /**
   * Lets everything run that can run without time passing: told messages, what they tell in turn, their commits. What waits
   * for its time (a delay, the next attempt of a failed message) stays.
   *
   * A turn that waits for something outside, a promise of the test or real I/O, is left running once all else is still;
   * await the call, or what the turn waits for, to see its end.
   *
   * @throws Error naming the last message when actors go on sending to each other for ever
   */
  settle(): Promise<void>;

  /**
   * Moves time forward. What falls due on the way runs at its own time, and settles before the next.
   *
   * @example await t.advance("1h")
   */
  advance(duration: Duration): Promise<void>;

  /** When it is, in milliseconds since 1970; what actors get from `self.now()`. */
  now(): number;

  /**
   * Drops from memory what the actor's worker has of its partition, as when the process dies: instances, running turns,
   * everything not committed. Messages that were not settled come again; resolves once the partition is served anew.
   *
   * @example await t.crash("Account/alice")
   */
  crash(address: string): Promise<void>;

  /** Every ask, query and tell handed to the broker so far, by the test or by actors, in order. Grows as they come. */
  readonly sent: readonly SentMessage[];

  /** Told messages that became dead letters so far, in order. Grows as they come. */
  readonly deadLetters: readonly TestDeadLetter[];

  /**
   * Ends the system. Running turns are cut short unless `drainTimeout` is given; time moves on by that much.
   *
   * @param options.drainTimeout default 0
   */
  close(options?: { drainTimeout?: Duration }): Promise<void>;
}
