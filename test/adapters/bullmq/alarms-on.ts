import { BullmqAlarms, type BullmqAlarmsOptions } from "@actor-runtime/bullmq";
import type { Logger } from "@actor-runtime/core";
import { SystemRandom } from "@actor-runtime/embedded";
import { clock, type connected, type Line } from "../redis/connect.js";

/** One process's alarms on a Redis, and what they log. */
export function alarmsOn(
  { services, namespace }: Pick<Awaited<ReturnType<typeof connected>>, "services" | "namespace">,
  options: Partial<BullmqAlarmsOptions> = {},
) {
  const lines: Line[] = [];
  const to = (level: string) => (fields: Readonly<Record<string, unknown>>, line: string) => {
    lines.push({ level, fields, line });
  };
  const log: Logger = { debug: to("debug"), info: to("info"), warn: to("warn"), error: to("error") };
  const client = (waits: boolean) => services.newClient(waits);
  const alarms = new BullmqAlarms({ client, namespace, clock, random: new SystemRandom(), log, ...options });
  return { alarms, lines };
}
