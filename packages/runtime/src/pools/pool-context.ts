import { type Logger, TurnEndedError, UnsupportedError } from "@actor-runtime/core";
import { ActorContext } from "../actor-context.js";
import type { RefBy } from "../client/ref-types.js";
import { poolKey } from "../client/stateless-target.js";
import { keyGiven } from "../transactions/transaction-keys.js";
import { actorLog } from "../worker/actor-log.js";
import type { WorkerServices } from "../worker/services.js";
import { currentPoolTurn, type PoolTurn } from "./pool-turn.js";

const noHeaders: Readonly<Record<string, string>> = Object.freeze({});

/** What the instances of a stateless type inject as their ActorContext: one for all, for it knows the turn from the async context. */
export class PoolContext extends ActorContext {
  readonly type: string;
  readonly address: string;
  readonly key = poolKey;
  readonly ref: RefBy<void>;
  readonly #services: WorkerServices;

  constructor(type: string, services: WorkerServices, ref: RefBy<void>) {
    super();
    this.type = type;
    this.address = `${type}/${poolKey}`;
    this.ref = ref;
    this.#services = services;
  }

  get isNew(): never {
    throw this.#unsupported("isNew", "it keeps no state that could be new");
  }

  get locks(): never {
    throw this.#unsupported(
      "locks",
      "its turns may run twice at a time; let an actor take the lock, or use system.locks",
    );
  }

  get reminders(): never {
    throw this.#unsupported("reminders", "it keeps nothing until its time; let an actor have them, and tell it then");
  }

  get reminder(): undefined {
    return undefined;
  }

  timer(): never {
    throw this.#unsupported("timer", "no instance of it is anybody's; let an actor have it");
  }

  get signal(): AbortSignal {
    return this.#turn("read its signal").signal;
  }

  now(): number {
    return this.#services.ports.clock.now();
  }

  random(): number {
    return this.#services.ports.random.next();
  }

  get idempotencyKey(): string | undefined {
    const { inbound, kind } = this.#turn("read its idempotencyKey");
    if (inbound === undefined || kind !== "handler") return undefined;
    return keyGiven(inbound.identity, undefined) ?? `${this.address}:${inbound.identity}`;
  }

  get headers(): Readonly<Record<string, string>> {
    return this.#turn("read its headers").inbound?.message.headers ?? noHeaders;
  }

  get attempt(): number {
    return (this.#turn("read its attempt").inbound?.attempts ?? 0) + 1;
  }

  get deadline(): number | undefined {
    return this.#turn("read its deadline").inbound?.message.deadline;
  }

  get log(): Logger {
    return actorLog(this.#services.log, { actor: this.address, ...currentPoolTurn.getStore()?.span?.ids });
  }

  deactivate(): never {
    throw this.#unsupported("deactivate", "its instances stay for the next call");
  }

  destroy(): never {
    throw this.#unsupported("destroy", "there is nothing of it to destroy");
  }

  #turn(what: string): PoolTurn {
    const turn = currentPoolTurn.getStore();
    if (turn?.host.address !== this.address) {
      throw new TurnEndedError(`${this.address}: outside a turn it cannot ${what}`);
    }
    turn.checkRunning(what);
    return turn;
  }

  #unsupported(member: string, why: string): UnsupportedError {
    return new UnsupportedError(`self.${member}: ${this.type} is a stateless type, ${why}`);
  }
}
