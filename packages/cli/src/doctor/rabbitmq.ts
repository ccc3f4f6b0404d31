import type { Store } from "@actor-runtime/core";
import type { RabbitBroker } from "@actor-runtime/rabbitmq";
import type { Check } from "./check.js";

/** Before these, RabbitMQ may lose a publication that it never confirmed nor refused, or swap deliveries of a queue. */
const mendedRabbit = "4.1.5";

/** @param version for example `4.1.5` */
export function rabbitCheck(version: string): Check {
  const name = "rabbitmq";
  if (isBefore(version, "3.10.0")) {
    return { name, status: "fail", finding: `RabbitMQ ${version} is too old`, fix: "install 3.10 or newer" };
  }
  if (isBefore(version, mendedRabbit)) {
    const finding = `RabbitMQ ${version} works; known faults of quorum queues are mended in ${mendedRabbit}`;
    return { name, status: "warn", finding, fix: `upgrade to ${mendedRabbit} or newer` };
  }
  return { name, status: "ok", finding: `RabbitMQ ${version}` };
}

/** Bounds, overflow, dead-lettering, delivery limit, consumer timeout: what a queue was made with is there to stay. */
export async function queuesCheck(broker: RabbitBroker, store: Store): Promise<Check> {
  const { mailboxes } = await store.namespace();
  let existing = 0;
  for (const [name, { partitions, generation }] of Object.entries(mailboxes)) {
    existing += await broker.checkQueues({ name, partitions, generation });
  }
  return { name: "queues", status: "ok", finding: `${existing} partitions have a queue, with the right arguments` };
}

function isBefore(version: string, other: string): boolean {
  const theirs = version.split(".").map(Number);
  const ours = other.split(".").map(Number);
  for (const [index, part] of ours.entries()) {
    const difference = (theirs[index] ?? 0) - part;
    if (difference !== 0) return difference < 0;
  }
  return false;
}
