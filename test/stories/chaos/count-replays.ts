import type { Broker, Telemetry } from "@actor-runtime/core";

/** The instrument of {@link countReplays}. */
export const replays = "chaos.replays";

/**
 * The same broker; frames that must be published again, because nobody knows whether they arrived or because they were refused,
 * are counted.
 */
export function countReplays(broker: Broker, telemetry: Telemetry): Broker {
  const publish: Broker["publish"] = async (to, frame) => {
    const outcome = await broker.publish(to, frame);
    if (outcome !== "confirmed") telemetry.count(replays, 1);
    return outcome;
  };
  return new Proxy(broker, {
    get(_, name: keyof Broker) {
      if (name === "publish") return publish;
      const member = broker[name];
      return typeof member === "function" ? member.bind(broker) : member;
    },
  });
}
