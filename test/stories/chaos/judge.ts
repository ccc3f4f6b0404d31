import { isDeepStrictEqual } from "node:util";
import type { LocalSystem } from "@actor-runtime/runtime";
import { connect } from "amqplib";
import { CountingTelemetry } from "./counting-telemetry.js";
import { join, type Member } from "./join.js";
import type { Entry } from "./journal.js";
import { type Applied, Ledger, partitions } from "./ledger.js";
import { complaints } from "./verdict.js";

/** How long messages that were confirmed may take to arrive after the last call ended. */
const settleMs = 30_000;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Holds what the senders know against what the actors say in the end. Afterwards the worker is stopped, and then nothing may be
 * left that could still change something, and the store must hold what the actors said.
 */
export async function judge(
  member: Member,
  keys: readonly string[],
  journal: readonly Entry[],
  stopWorker: () => Promise<void>,
): Promise<string[]> {
  await using system = await join(member, [], new CountingTelemetry(), silent);
  const deadline = Date.now() + settleMs;
  let said = await report(system, keys);
  while (complaints(journal, said).length > 0 && Date.now() < deadline) said = await report(system, keys);
  await stopWorker();
  return [
    ...complaints(journal, said),
    ...(await differences(system, said)),
    ...(await leftMessages(member)),
    ...(await deadLetters(system)),
  ];
}

async function report(system: LocalSystem, keys: readonly string[]): Promise<ReadonlyMap<string, Applied>> {
  const said = keys.map(async (key) => [key, await system.ref(Ledger, key).report()] as const);
  return new Map(await Promise.all(said));
}

async function differences(system: LocalSystem, said: ReadonlyMap<string, Applied>): Promise<string[]> {
  const wrong: string[] = [];
  for (const [key, applied] of said) {
    const stored = (await system.actors.read(`Ledger/${key}`))?.["applied"] ?? {};
    if (!isDeepStrictEqual(stored, applied)) wrong.push(`${key}: the store holds something else than the actor said`);
  }
  return wrong;
}

async function leftMessages({ amqpUrl, namespace }: Member): Promise<string[]> {
  const connection = await connect(amqpUrl);
  const channel = await connection.createChannel();
  const wrong: string[] = [];
  for (let index = 0; index < partitions; index++) {
    const { queue, messageCount } = await channel.checkQueue(`actor.${namespace}.Ledger.g1.0${index}`);
    if (messageCount > 0) wrong.push(`${queue}: ${messageCount} messages are left`);
  }
  await connection.close();
  return wrong;
}

async function deadLetters(system: LocalSystem): Promise<string[]> {
  const wrong: string[] = [];
  for await (const letter of system.dead.list()) wrong.push(`a dead letter: ${JSON.stringify(letter)}`);
  return wrong;
}
