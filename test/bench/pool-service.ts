import { setTimeout as delay } from "node:timers/promises";
import { SeededRandom } from "@actor-runtime/embedded";
import { type AnyActor, type Balance, Handler, Stateless } from "actor-runtime";
import { exponential } from "./arrivals.js";

/** Mean time of a call, in ms. It is long beside what it takes a busy machine to run a process. */
const meanMs = 200;

/** What both stateless types of the figures do. */
export interface Service {
  /** @returns the number of the worker */
  serve(): Promise<number>;
}

/** One that is as fast everywhere, and one that the worker takes `factor` times as long for. Both wait, which costs no processor. */
export function poolServices(balance: Balance, worker: number, factor: number): readonly AnyActor[] {
  const random = new SeededRandom(worker);
  const serve = async (mean: number) => {
    await delay(exponential(random, mean));
    return worker;
  };

  @Stateless("BenchEven", { balance })
  class Even implements Service {
    @Handler() serve(): Promise<number> {
      return serve(meanMs);
    }
  }

  @Stateless("BenchUneven", { balance })
  class Uneven implements Service {
    @Handler() serve(): Promise<number> {
      return serve(meanMs * factor);
    }
  }

  return [Even, Uneven];
}
