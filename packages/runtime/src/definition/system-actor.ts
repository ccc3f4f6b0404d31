import { type ActorOptions, actorSettings } from "./actor-options.js";
import { declareActor } from "./declarations.js";
import type { ClassDecoratorFor } from "./decorator-types.js";

/** The mailbox that all actors of the system itself share. */
export const systemMailbox = "$system";

/**
 * Fewer than other mailboxes have: what fills a batch makes it cheap, and locks are bounded by one Redis server before they are
 * by eight owners.
 */
const partitions = 8;

/** As `@Actor`, for the system's own actors: `SystemActor("Lock")` is the type `$Lock`. */
export function SystemActor(name: string, options: Omit<ActorOptions, "mailbox" | "partitions">): ClassDecoratorFor {
  return (type) => {
    const settings = actorSettings(type.name, name, options);
    declareActor(type, { ...settings, name: `$${name}`, mailbox: { name: systemMailbox, partitions } });
  };
}
