import type { ActorSystem, Lock } from "@actor-runtime/runtime";
import type { Seen } from "../checkers/history.js";
import type { CallBegin, HistoryRecorder } from "../checkers/history-recorder.js";
import { Guarded, Journal, journalKeys, Loose, looseKeys } from "./actors.js";
import type { Dice } from "./dice.js";
import { drawPlan, type LockPlan } from "./lock-plan.js";
import type { LockUser } from "./lock-user.js";

type LockBegun = (id: string, nested: boolean) => void;

const timeout = "20s";
const seen = (answer: Seen): Seen => answer;

/** What clients do all the time. */
export class Load {
  readonly #dice: Dice;
  readonly #recorder: HistoryRecorder;
  #messages = 0;

  constructor(dice: Dice, recorder: HistoryRecorder) {
    this.#dice = dice;
    this.#recorder = recorder;
  }

  /** One call of some kind, or two that repeat each other under a key. */
  send(client: ActorSystem, sender: string): void {
    const chance = this.#dice.below(7);
    if (chance < 2) this.#tell(client, sender);
    else if (chance < 5) this.#ask(client, sender);
    else if (chance < 6) this.#query(client, sender);
    else this.#loosely(client, sender);
  }

  /** An actor is busy for `ms` while others are asked. */
  besideSlow(client: ActorSystem, sender: string, slow: string, others: readonly string[], ms: number): void {
    const message = this.#message();
    const busy = client.ref(Journal, slow).with({ timeout });
    this.#record({ message, kind: "ask", sender, address: `Journal/${slow}` }, busy.noteSlowly(message, ms), seen);
    for (const key of others) {
      const asked = this.#message();
      const call = { message: asked, kind: "ask", sender, address: `Journal/${key}` } as const;
      this.#record(call, client.ref(Journal, key).with({ timeout }).note(asked), seen);
    }
  }

  /** Takes locks, in the client or in a turn. */
  lock(client: ActorSystem, sender: string, user: LockUser): void {
    if (this.#dice.happens(0.3)) this.#lockInTurn(client, sender);
    else this.take(client, sender, user, drawPlan(this.#dice));
  }

  /** @param begun hears the id of the attempt */
  take(client: ActorSystem, sender: string, user: LockUser, plan: LockPlan, begun?: LockBegun): void {
    const message = this.#message();
    const [key] = plan.names as readonly [string];
    const work = (lock: Lock) => {
      const call = { message, kind: "ask", sender, address: `Guarded/${key}` } as const;
      const answer = client.ref(Guarded, key).with({ timeout }).note(message, lock.fenceOf(key));
      this.#record(call, answer, seen);
      return answer.then(
        () => {},
        () => {},
      );
    };
    void user.take(client.locks, plan, { ...(this.#dice.happens(0.5) && { work }), ...(begun && { begun }) });
  }

  #lockInTurn(client: ActorSystem, sender: string): void {
    const message = this.#message();
    const key = this.#dice.oneOf(journalKeys);
    const plan = drawPlan(this.#dice);
    const ref = client.ref(Journal, key).with({ timeout });
    const call = { message, sender, address: `Journal/${key}` };
    if (this.#dice.happens(0.5)) this.#record({ ...call, kind: "tell" }, ref.tell.noteUnderLock(message, plan));
    else this.#record({ ...call, kind: "ask" }, ref.noteUnderLock(message, plan), seen);
  }

  #tell(client: ActorSystem, sender: string): void {
    const message = this.#message();
    const key = this.#dice.oneOf(journalKeys);
    const ref = client.ref(Journal, key).with({ timeout, ...this.#named(message) });
    const call = { message, kind: "tell", sender, address: `Journal/${key}` } as const;
    const chance = this.#dice.below(10);
    if (chance < 5) this.#record(call, ref.tell.note(message));
    else if (chance < 7) this.#record(call, ref.tell.fan(message));
    else if (chance < 8) this.#record(call, ref.tell.reject(message));
    else this.#record(call, ref.tell.noteSlowly(message, this.#dice.below(3_000)));
  }

  #ask(client: ActorSystem, sender: string): void {
    const message = this.#message();
    const key = this.#dice.oneOf(journalKeys);
    const named = this.#named(message);
    const ref = client.ref(Journal, key).with({ timeout, ...named });
    const call = { message, kind: "ask", sender, address: `Journal/${key}` } as const;
    const chance = this.#dice.below(10);
    const times = named.idempotencyKey !== undefined && this.#dice.happens(0.5) ? 2 : 1;
    for (let i = 0; i < times; i++) {
      const repeat = { ...call, ...(named.idempotencyKey !== undefined && { key: named.idempotencyKey }) };
      if (chance < 5) this.#record(repeat, ref.note(message), seen);
      else if (chance < 9) this.#record(repeat, ref.noteAndAsk(message), seen);
      else this.#record(repeat, ref.noteSlowly(message, 1_000), seen);
    }
  }

  #query(client: ActorSystem, sender: string): void {
    const message = this.#message();
    const key = this.#dice.oneOf(journalKeys);
    const answer = client.ref(Journal, key).with({ timeout }).seen(message);
    this.#record({ message, kind: "query", sender, address: `Journal/${key}` }, answer, seen);
  }

  /** To an actor that keeps no order: late, or twice under one key. */
  #loosely(client: ActorSystem, sender: string): void {
    const message = this.#message();
    const key = this.#dice.oneOf(looseKeys);
    const call = { message, kind: "tell", sender, address: `Loose/${key}`, ordered: false } as const;
    const ref = client.ref(Loose, key);
    if (this.#dice.happens(0.4)) {
      this.#record(call, ref.with({ delay: "3s" }).tell.note(message));
      return;
    }
    for (let i = 0; i < 2; i++) {
      const again = ref.with({ timeout, idempotencyKey: message });
      this.#record({ ...call, key: message }, again.tell.note(message));
    }
  }

  #named(message: string): { idempotencyKey?: string } {
    return this.#dice.happens(0.3) ? { idempotencyKey: message } : {};
  }

  #record<T>(call: CallBegin, promise: Promise<T>, see?: (answer: T) => Seen): void {
    this.#recorder.call(call, promise, see);
  }

  #message(): string {
    this.#messages += 1;
    return `m${this.#messages}`;
  }
}
