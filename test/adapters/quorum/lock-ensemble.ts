import { type Clock, type LockLeases, StoreUnavailableError } from "@actor-runtime/core";
import { EmbeddedWorld, ManualClock, SeededRandom } from "@actor-runtime/embedded";
import { type LockServer, QuorumLockLeases } from "@actor-runtime/redis";

/** `down`: nothing arrives. `deaf`: it is done, and the answer is lost. `mute`: it is done, and nothing is ever heard of it. */
export type Way = "up" | "down" | "deaf" | "mute";

const never = new Promise<never>(() => {});

/** Several stores of locks that know nothing of each other, and the ways to them, on time that is moved by hand. */
export class LockEnsemble {
  readonly clock = new ManualClock();
  readonly #longestMs: number;
  readonly #worlds: readonly EmbeddedWorld[];
  readonly #clocks: readonly Clock[];
  readonly #empty: readonly ReturnType<EmbeddedWorld["store"]["snapshot"]>[];
  readonly #born: number[];
  readonly #ways = new Map<string, Way>();

  /** @param rates how fast each server's clock runs; those that came back empty one after the other raise fences by it alone */
  constructor(rates: readonly number[], longestMs: number) {
    this.#longestMs = longestMs;
    this.#clocks = rates.map((rate) => running(this.clock, rate));
    this.#worlds = this.#clocks.map((clock, index) => new EmbeddedWorld({ clock, random: new SeededRandom(index) }));
    this.#empty = this.#worlds.map((world) => world.store.snapshot());
    this.#born = rates.map(() => 0);
  }

  get size(): number {
    return this.#worlds.length;
  }

  /** Servers that came back empty a short while ago. */
  get young(): number {
    return this.#born.filter((born, server) => this.#clocks[server]!.monotonic() - born < this.#longestMs).length;
  }

  connect(process: string): QuorumLockLeases {
    const servers = this.#worlds.map((world, server) => this.#server(world.connect(process).locks, process, server));
    return new QuorumLockLeases(servers, { clock: this.clock, answerMs: 500, longestMs: this.#longestMs });
  }

  /** One server as itself, with nothing between. */
  at(server: number): LockLeases {
    return this.#worlds[server]!.connect("operator").locks;
  }

  way(process: string, server: number, way: Way): void {
    this.#ways.set(`${process} ${server}`, way);
  }

  restartEmpty(server: number): void {
    this.#worlds[server]!.store.restore(this.#empty[server]!);
    this.#born[server] = this.#clocks[server]!.monotonic();
  }

  /** Lets time pass until it is done: somebody may be waited for in vain. */
  async finish<T>(work: Promise<T>): Promise<T> {
    const progress = { done: false };
    const settled = (): void => {
      progress.done = true;
    };
    work.then(settled, settled);
    for (;;) {
      for (let turn = 0; turn < 200 && !progress.done; turn++) await Promise.resolve();
      if (progress.done) return work;
      await this.clock.advance(50);
    }
  }

  #server(locks: LockLeases, process: string, server: number): LockServer {
    const through = async <T>(operation: () => Promise<T>): Promise<T> => {
      const way = this.#ways.get(`${process} ${server}`) ?? "up";
      if (way === "down") throw new StoreUnavailableError("down");
      const result = await operation();
      if (way === "deaf") throw new StoreUnavailableError("the answer is lost");
      return way === "mute" ? never : result;
    };
    return {
      open: (...args) => through(() => locks.open(...args)),
      renew: (...args) => through(() => locks.renew(...args)),
      close: (...args) => through(() => locks.close(...args)),
      offer: (...args) => through(() => locks.offer(...args)),
      claim: (...args) => through(() => locks.claim(...args)),
      release: (...args) => through(() => locks.release(...args)),
      break: (...args) => through(() => locks.break(...args)),
      inspect: (...args) => through(() => locks.inspect(...args)),
      list: (prefix) => locks.list(prefix),
      watch: (broken) => locks.watch(broken),
      memory: () =>
        through(async () => {
          const clock = this.#clocks[server]!;
          return { ageMs: clock.monotonic() - this.#born[server]!, micros: Math.floor(clock.now() * 1_000) };
        }),
    };
  }
}

/** A clock that shows the right time now, and runs at this rate from here on. */
function running(clock: Clock, rate: number): Clock {
  const start = clock.now();
  return {
    now: () => start + (clock.now() - start) * rate,
    monotonic: () => clock.monotonic() * rate,
    after: (ms, task) => clock.after(ms / rate, task),
  };
}
