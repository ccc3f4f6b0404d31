import { ConfigError } from "@actor-runtime/core";
import type { ActorDefinition, AnyActor } from "./actor-definition.js";
import { defineActor } from "./define.js";

/** The actor types a process hosts, by name. */
export class Registry implements Iterable<ActorDefinition> {
  readonly #definitions: ReadonlyMap<string, ActorDefinition>;

  private constructor(definitions: ReadonlyMap<string, ActorDefinition>) {
    this.#definitions = definitions;
  }

  /**
   * Reads the classes; one that is listed twice counts once.
   *
   * @throws ConfigError when a class is no actor or cannot be hosted, when two have one name, or when types that share a
   * mailbox ask for different partition counts
   * @example Registry.of([Account, Bank])
   */
  static of(classes: readonly AnyActor[]): Registry {
    const definitions = new Map<string, ActorDefinition>();
    const mailboxes = new Map<string, ActorDefinition>();
    for (const type of new Set(classes)) {
      const definition = defineActor(type);
      const namesake = definitions.get(definition.name);
      if (namesake) {
        throw new ConfigError(
          `class ${namesake.type.name} and class ${type.name} are both @Actor("${definition.name}"); rename one`,
        );
      }
      definitions.set(definition.name, definition);
      const { name, partitions } = definition.mailbox;
      const sharer = mailboxes.get(name) ?? definition;
      if (sharer.mailbox.partitions !== partitions) {
        throw new ConfigError(
          `${sharer.name} and ${definition.name} share the mailbox "${name}" but ask for ${sharer.mailbox.partitions} and ` +
            `${partitions} partitions; give both the same @Actor(…, { partitions })`,
        );
      }
      mailboxes.set(name, sharer);
    }
    return new Registry(definitions);
  }

  get(name: string): ActorDefinition | undefined {
    return this.#definitions.get(name);
  }

  /** In the order the classes were given. */
  [Symbol.iterator](): Iterator<ActorDefinition> {
    return this.#definitions.values();
  }
}
