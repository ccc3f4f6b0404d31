import { ConfigError, type Mailbox } from "@actor-runtime/core";
import type { HostedType } from "./activation.js";
import type { WorkerServices } from "./services.js";

/**
 * Enters the hosted types with their mailboxes in the namespace's record.
 *
 * @returns the mailboxes in effect by name
 * @throws ConfigError when a mailbox is recorded with another number of partitions, or a type in another mailbox
 */
export async function registerMailboxes(services: WorkerServices): Promise<ReadonlyMap<string, Mailbox>> {
  const byMailbox = new Map<string, HostedType[]>();
  for (const hosted of services.types.values()) {
    const { name } = hosted.definition.mailbox;
    byMailbox.set(name, [...(byMailbox.get(name) ?? []), hosted]);
  }
  const { types: recorded } = await services.ports.store.namespace();
  const mailboxes = new Map<string, Mailbox>();
  for (const [name, hosted] of byMailbox) {
    const { partitions } = hosted[0]!.definition.mailbox;
    const types = hosted.map(({ definition }) => definition.name);
    const moved = types.find((type) => Object.hasOwn(recorded, type) && recorded[type] !== name);
    // State and messages stay with the partitions of its mailbox, and workers that know it there would never serve it here.
    if (moved !== undefined) {
      throw new ConfigError(
        `@Actor("${moved}"): its state is in mailbox "${recorded[moved]}", it cannot move to "${name}"; set mailbox: "${recorded[moved]}", or give the type another name`,
      );
    }
    const mailbox = await services.ports.store.registerMailbox({ name, generation: 1, partitions }, types);
    if (mailbox.partitions !== partitions) {
      throw new ConfigError(
        `mailbox "${name}" has ${mailbox.partitions} partitions in this namespace, @Actor("${types[0]}") asks for ${partitions}; set partitions: ${mailbox.partitions}, or use another namespace`,
      );
    }
    mailboxes.set(name, mailbox);
    for (const type of types) services.directory.add(type, mailbox);
  }
  return mailboxes;
}
