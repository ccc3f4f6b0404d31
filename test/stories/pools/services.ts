import { setTimeout as delay } from "node:timers/promises";
import { SeededRandom } from "@actor-runtime/embedded";
import {
  Actor,
  ActorContext,
  type AnyActor,
  type Balance,
  Handler,
  inject,
  Query,
  State,
  Stateless,
} from "@actor-runtime/runtime";
import { exponential } from "../../bench/arrivals.js";

/** Mean time of a call where the worker is well, in ms. */
const meanMs = 100;
/** How long a letter is carried. */
const carryMs = 10;

/** The types whose calls are measured, and how they are spread; a slow worker is slow for all but `Even`. */
export const waiting = {
  Even: "least-busy",
  LeastBusy: "least-busy",
  Fastest: "fastest",
  RoundRobin: "round-robin",
} as const satisfies Record<string, Balance>;

/** What they do. */
export interface Waiting {
  /** @returns the seed of the worker */
  wait(): Promise<number>;
}

/** Five calls at a time, which wait and cost no processor. */
function waitingType(name: string, balance: Balance, mean: number, seed: number): AnyActor {
  const random = new SeededRandom(seed);

  @Stateless(name, { balance, concurrency: 5 })
  class Waits implements Waiting {
    @Handler() async wait(): Promise<number> {
      await delay(exponential(random, mean));
      return seed;
    }
  }
  return Waits;
}

/** @param factor how many times as long as others the worker takes */
export function hosted(seed: number, factor: number): readonly AnyActor[] {
  const waits = Object.entries(waiting).map(([name, balance]) =>
    waitingType(name, balance, name === "Even" ? meanMs : meanMs * factor, seed),
  );
  return [...waits, Carrier, Postbox];
}

/** Tells a postbox of each letter, however often it runs. */
@Stateless("Carrier")
export class Carrier {
  private readonly self = inject(ActorContext);

  @Handler() async carry(letter: number, to: string): Promise<void> {
    await delay(carryMs);
    this.self.ref(Postbox, to).tell.drop(letter);
  }
}

@Actor("Postbox")
export class Postbox {
  @State() private readonly dropped: number[] = [];

  @Handler() drop(letter: number): void {
    this.dropped.push(letter);
  }
  @Query() letters(): readonly number[] {
    return this.dropped;
  }
}
