import { ConfigError, type Mailbox, type NamespaceRecord } from "@actor-runtime/core";
import type { WorkerServices } from "./services.js";

/**
 * Enters the hosted types with their mailboxes in the namespace's record: all, or none where one cannot be.
 *
 * @returns the mailboxes in effect by name
 * @throws ConfigError when a mailbox is recorded with another number of partitions, or a type in another mailbox
 */
export async function registerMailboxes(services: WorkerServices): Promise<ReadonlyMap<string, Mailbox>> {
  const { store } = services.ports;
  const wanted = new Map<string, { readonly partitions: number; readonly types: string[] }>();
  for (const { definition } of services.types.values()) {
    const { name, partitions } = definition.mailbox;
    if (!wanted.has(name)) wanted.set(name, { partitions, types: [] });
    wanted.get(name)!.types.push(definition.name);
  }
  const recorded = await store.namespace();
  for (const [name, { partitions, types }] of wanted) {
    checkCount(name, recorded.mailboxes[name]?.partitions ?? partitions, partitions, types[0]!);
    checkMoved(name, types, recorded);
  }
  const mailboxes = new Map<string, Mailbox>();
  for (const [name, { partitions, types }] of wanted) {
    const mailbox = await store.registerMailbox({ name, generation: 1, partitions }, types);
    // Another worker may have been first meanwhile.
    checkCount(name, mailbox.partitions, partitions, types[0]!);
    mailboxes.set(name, mailbox);
    for (const type of types) services.directory.add(type, mailbox);
  }
  return mailboxes;
}

function checkCount(mailbox: string, recorded: number, wanted: number, type: string): void {
  if (recorded === wanted) return;
  throw new ConfigError(
    `mailbox "${mailbox}" has ${recorded} partitions in this namespace, @Actor("${type}") asks for ${wanted}; ` +
      `set partitions: ${recorded}, or use another namespace`,
  );
}

/** State and messages stay with the partitions of a type's mailbox, and workers that know it there would never serve it here. */
function checkMoved(mailbox: string, types: readonly string[], recorded: NamespaceRecord): void {
  const moved = types.find((type) => Object.hasOwn(recorded.types, type) && recorded.types[type] !== mailbox);
  if (moved === undefined) return;
  const home = recorded.types[moved];
  throw new ConfigError(
    `@Actor("${moved}"): its state is in mailbox "${home}", it cannot move to "${mailbox}"; ` +
      `set mailbox: "${home}", or give the type another name`,
  );
}
