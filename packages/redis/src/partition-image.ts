import {
  type Destination,
  type Lease,
  LostOwnershipError,
  type OutboxEntry,
  type PartitionImage,
} from "@actor-runtime/core";
import type { Connection } from "./connection.js";
import { scanHash } from "./hash-scan.js";
import type { PartitionKeys } from "./keys.js";
import { readChunk } from "./outbox-chunks.js";
import { checkLease } from "./scripts/lease.js";

/** List elements in one answer: messages of at most 256 KiB. */
const pageElements = 128;
/** Lists read side by side: thousands of actors may have one message each, and the lease does not wait for a round trip each. */
const pageLists = 128;

/**
 * Reads a partition in pieces, so that a big one never holds Redis up. Only the holder of the lease writes, and the lease
 * is looked at before and after: so the pieces fit together (delivery.md T1).
 *
 * @throws LostOwnershipError when the lease is not, or no longer, the one in force
 */
export async function loadImage(connection: Connection, keys: PartitionKeys, lease: Lease): Promise<PartitionImage> {
  const { seq, floor, rewound } = await check(connection, keys, lease);
  const [rows, reminders, marks, holds, stored, outNumbers] = await Promise.all([
    hash(connection, keys.rows),
    hash(connection, keys.reminders),
    hash(connection, keys.marks),
    hash(connection, keys.holds),
    storedLists(connection, keys),
    hash(connection, keys.outNumbers),
  ]);
  const outbox = await readOutbox(connection, keys, [...outNumbers.keys()] as Destination[]);
  await check(connection, keys, lease);
  return {
    seq,
    floor,
    rewound,
    rows,
    stored,
    marks,
    holds,
    outbox,
    reminders: new Map(Array.from(reminders, ([id, text]) => [id, parseReminder(text)])),
    outNumbers: new Map(Array.from(outNumbers, ([target, number]) => [target, Number(number)])),
  };
}

async function check(
  connection: Connection,
  keys: PartitionKeys,
  lease: Lease,
): Promise<{ seq: number; floor: number; rewound: boolean }> {
  const answer = await connection.run(checkLease, [keys.own], [String(lease.fence), lease.nonce]);
  const [seq, floor, rewound] = answer as [string?, string?, string?];
  if (seq === undefined) {
    throw new LostOwnershipError(`${lease.holder} no longer owns ${lease.name}: acquire its lease before loading`);
  }
  return { seq: Number(seq), floor: Number(floor), rewound: rewound === "1" };
}

async function hash(connection: Connection, key: string): Promise<Map<string, string>> {
  const fields = new Map<string, string>();
  for await (const [field, value] of scanHash(connection, key)) fields.set(field, value);
  return fields;
}

async function storedLists(connection: Connection, keys: PartitionKeys): Promise<Map<string, string[]>> {
  const addresses = [...(await hash(connection, keys.parked)).keys()];
  const lists = await readLists(
    connection,
    addresses.map((address) => keys.park(address)),
  );
  return new Map(addresses.map((address, index) => [address, lists[index]!]));
}

async function readOutbox(
  connection: Connection,
  keys: PartitionKeys,
  targets: readonly Destination[],
): Promise<OutboxEntry[]> {
  const trimmed = await hash(connection, keys.outTrimmed);
  const entries: OutboxEntry[] = [];
  const lists = await readLists(
    connection,
    targets.map((target) => keys.out(target)),
  );
  for (const [place, target] of targets.entries()) {
    const above = Number(trimmed.get(target) ?? 0);
    const elements = lists[place]!;
    for (let index = 1; index < elements.length; index += 2) {
      for (const entry of readChunk(target, elements[index]!, above)) entries.push(entry);
    }
  }
  return entries;
}

async function readLists(connection: Connection, keys: readonly string[]): Promise<string[][]> {
  const lists: string[][] = [];
  for (let first = 0; first < keys.length; first += pageLists) {
    const page = keys.slice(first, first + pageLists);
    for (const elements of await Promise.all(page.map((key) => list(connection, key)))) lists.push(elements);
  }
  return lists;
}

async function list(connection: Connection, key: string): Promise<string[]> {
  const elements: string[] = [];
  for (;;) {
    const from = elements.length;
    const page = await connection.call("lrange", key, String(from), String(from + pageElements - 1));
    for (const element of page as string[]) elements.push(element);
    if (elements.length - from < pageElements) return elements;
  }
}

function parseReminder(text: string): { dueAt: number; text: string } {
  const colon = text.indexOf(":");
  return { dueAt: Number(text.slice(0, colon)), text: text.slice(colon + 1) };
}
