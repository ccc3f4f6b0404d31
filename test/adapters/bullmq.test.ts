import { setTimeout as sleep } from "node:timers/promises";
import { afterAll } from "vitest";
import { alarmsContract } from "../contracts/alarms.contract.js";
import { unique } from "../contracts/samples.js";
import { services } from "../services/services.js";
import { alarmsOn } from "./bullmq/alarms-on.js";
import { clock, connected, deleteNamespaces } from "./redis/connect.js";

await services();

const namespaces = new Set<string>();

afterAll(() => deleteNamespaces(namespaces));

alarmsContract("bullmq", async () => {
  const namespace = unique("test");
  namespaces.add(namespace);
  const redis = await connected({ namespace });
  const [port, other] = [alarmsOn(redis).alarms, alarmsOn(redis).alarms];
  return {
    port,
    other,
    delayMs: 100,
    retryMs: 1_000,
    now: () => clock.now(),
    // A timer of Node may go off up to 1 ms early.
    pass: (ms: number) => sleep(ms + 1),
    dispose: async () => {
      await Promise.all([port.close(), other.close()]);
      await redis.services.close();
    },
  };
});
