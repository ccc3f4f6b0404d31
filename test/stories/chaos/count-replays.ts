import type { Broker, Store } from "@actor-runtime/core";
import { type CountingTelemetry, replays } from "./counting-telemetry.js";

interface Services {
  readonly broker: Broker;
  readonly store: Store;
}

/**
 * The same services; what happens again because nobody knew whether it had happened is counted: frames published again, commits
 * sent again, answers given again.
 */
export function countReplays({ broker, store }: Services, telemetry: CountingTelemetry): Services {
  const count = (times: number) => times > 0 && telemetry.count(replays, times);
  return {
    broker: override(broker, {
      async publish(to, frame) {
        const outcome = await broker.publish(to, frame);
        if (outcome !== "confirmed") count(1);
        return outcome;
      },
    }),
    store: override(store, {
      async commit(partition, record) {
        try {
          return await store.commit(partition, record);
        } catch (error) {
          count(1);
          throw error;
        }
      },
      async readAnswers(partition, keys) {
        const answers = await store.readAnswers(partition, keys);
        count(answers.filter((answer) => answer !== undefined).length);
        return answers;
      },
    }),
  };
}

function override<T extends object>(target: T, own: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      const member: unknown = Reflect.get(name in own ? own : target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
