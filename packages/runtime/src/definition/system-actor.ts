import { type ActorOptions, actorSettings } from "./actor-options.js";
import { declareActor } from "./declarations.js";
import type { ClassDecoratorFor } from "./decorator-types.js";

/** The mailbox that all actors of the system itself share. */
export const systemMailbox = "$system";

/** As `@Actor`, for the system's own actors: `SystemActor("Lock")` is the type `$Lock`. */
export function SystemActor(name: string, options: Omit<ActorOptions, "mailbox">): ClassDecoratorFor {
  return (type) => {
    const settings = actorSettings(type.name, name, options);
    const { partitions } = settings.mailbox;
    declareActor(type, { ...settings, name: `$${name}`, mailbox: { name: systemMailbox, partitions } });
  };
}
