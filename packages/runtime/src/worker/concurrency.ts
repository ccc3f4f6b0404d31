import { soon } from "../soon.js";

/** An actor as far as it waits for room. */
interface Waiter {
  readonly hosted: { readonly definition: { readonly name: string } };
  /** How many messages wait for it. */
  readonly waiting: number;
  /** Lets it go on. */
  due(): void;
}

/**
 * How many asynchronous turns may run in a worker at a time, of all its types and of each. Each type has a limit of its own
 * below the worker's, so that one whose turns hang leaves room for the others (the bulkheads of Nygard, "Release It!").
 */
export class Concurrency {
  readonly #limit: number;
  #running = 0;
  /** Types whose actors wait; when the worker itself has no room they take turns. */
  readonly #lines = new Set<TypeConcurrency>();
  #waking = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get running(): number {
    return this.#running;
  }

  get limit(): number {
    return this.#limit;
  }

  get full(): boolean {
    return this.#running >= this.#limit;
  }

  began(): void {
    this.#running += 1;
  }

  /** What waits goes on once the turn that ended has left everything it leaves. */
  ended(): void {
    this.#running -= 1;
    if (this.#lines.size === 0 || this.#waking) return;
    this.#waking = true;
    soon(this.#wake);
  }

  queue(line: TypeConcurrency): void {
    this.#lines.add(line);
  }

  leave(line: TypeConcurrency): void {
    this.#lines.delete(line);
  }

  /** One actor of each type after the other, until nobody waits whom there is room for. */
  readonly #wake = (): void => {
    this.#waking = false;
    for (;;) {
      const line = this.full ? undefined : this.#firstWithRoom();
      if (line === undefined) return;
      this.#lines.delete(line);
      this.#lines.add(line);
      line.wakeFirst();
    }
  };

  #firstWithRoom(): TypeConcurrency | undefined {
    for (const line of this.#lines) if (!line.full) return line;
    return undefined;
  }
}

/** The asynchronous turns of one type in a worker: those that count against its limit, and the actors that wait for one to end. */
export class TypeConcurrency {
  readonly limit: number;
  readonly #worker: Concurrency;
  #running = 0;
  /** In the order in which they came, with how many of their messages were looked through. */
  readonly #waiting = new Map<Waiter, number>();
  /** It was the first to wait, and may begin one turn. */
  #woken: Waiter | undefined;

  constructor(worker: Concurrency, limit: number) {
    this.#worker = worker;
    this.limit = limit;
  }

  get running(): number {
    return this.#running;
  }

  /** How many actors wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** It has as many as it may have, whatever the worker has. */
  get full(): boolean {
    return this.#running >= this.limit;
  }

  /** What this actor waits for; `undefined`: it does not. */
  obstacleOf(activation: Waiter): { target?: string; running: number; limit: number } | undefined {
    if (!this.#waiting.has(activation)) return undefined;
    if (!this.full && this.#worker.full) return { running: this.#worker.running, limit: this.#worker.limit };
    return { target: activation.hosted.definition.name, running: this.#running, limit: this.limit };
  }

  /** Whether a turn of the actor may begin at once: three comparisons for each turn while nobody waits. */
  admits(activation: Waiter): boolean {
    if (this.#running >= this.limit || this.#worker.full) return false;
    if (this.#waiting.size === 0) return true;
    const woken = this.#woken === activation;
    this.#woken = undefined;
    return woken;
  }

  /** How many of the actor's messages were looked through when it was made to wait; 0: it does not. */
  lookedThrough(activation: Waiter): number {
    return this.#waiting.get(activation) ?? 0;
  }

  /** The actor is resumed when it is its turn, unless something lets it pass before. */
  wait(activation: Waiter): void {
    this.#waiting.set(activation, activation.waiting);
    this.#worker.queue(this);
  }

  /** The actor waits no longer: what it waited with passes, or it left memory. */
  leave(activation: Waiter): void {
    if (this.#waiting.delete(activation) && this.#waiting.size === 0) this.#worker.leave(this);
  }

  /** The promise of a turn is pending; {@link ended} has to be called once for it. */
  began(): void {
    this.#running += 1;
    this.#worker.began();
  }

  ended(): void {
    this.#running -= 1;
    this.#worker.ended();
  }

  /** Lets the first that waits begin one turn; with others behind it, its next message waits in line again. */
  wakeFirst(): void {
    const [first] = this.#waiting.keys();
    if (first === undefined) return;
    this.leave(first);
    this.#woken = first;
    first.due();
    this.#woken = undefined;
  }
}
