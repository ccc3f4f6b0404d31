import { parseAddress, partitionId, partitionOf } from "@actor-runtime/core";
import { type AnyActor, Registry } from "@actor-runtime/runtime";
import {
  Guarded,
  guardedKeys,
  Journal,
  journalKeys,
  Loose,
  looseKeys,
  Meter,
  meterKeys,
  Sink,
  sinkKeys,
} from "./actors.js";
import { Clerk } from "./clerk.js";
import { Planner } from "./planner.js";
import { archiveKey, plannerKeys } from "./reminder-plan.js";
import { accountKeys, clerkKeys, shelfKeys } from "./transaction-plan.js";
import { Account, Shelf } from "./transactional-actors.js";

export const allActors: readonly AnyActor[] = [Journal, Sink, Loose, Meter, Guarded, Account, Shelf, Clerk, Planner];

/** Actors that note the messages they handle. */
export const noting: readonly string[] = [
  ...journalKeys.map((key) => `Journal/${key}`),
  ...sinkKeys.map((key) => `Sink/${key}`),
  ...looseKeys.map((key) => `Loose/${key}`),
  ...meterKeys.map((key) => `Meter/${key}`),
  ...guardedKeys.map((key) => `Guarded/${key}`),
  ...accountKeys.map((key) => `Account/${key}`),
  ...shelfKeys.map((key) => `Shelf/${key}`),
  ...clerkKeys.map((key) => `Clerk/${key}`),
];

/** Every actor that is ever called. */
export const addresses: readonly string[] = [...noting, ...[...plannerKeys, archiveKey].map((key) => `Planner/${key}`)];

/** By address. */
export const partitions: Readonly<Record<string, string>> = Object.fromEntries(
  addresses.map((address) => {
    const { type, key } = parseAddress(address);
    const { mailbox } = [...Registry.of(allActors)].find(({ name }) => name === type)!;
    return [address, partitionId({ ...mailbox, generation: 1 }, partitionOf(key, mailbox.partitions))];
  }),
);
