import { ConfigError } from "@actor-runtime/core";
import type { ActorDefinition, AnyActor } from "./actor-definition.js";
import { declaredStateless } from "./declarations.js";
import { checkClass, defineActor } from "./define.js";
import { defineStateless, type StatelessDefinition } from "./define-stateless.js";

/** The types a process hosts, by name: actors by iteration, stateless ones apart. */
export class Registry implements Iterable<ActorDefinition> {
  readonly #definitions: ReadonlyMap<string, ActorDefinition>;
  readonly #stateless: ReadonlyMap<string, StatelessDefinition>;

  private constructor(
    definitions: ReadonlyMap<string, ActorDefinition>,
    stateless: ReadonlyMap<string, StatelessDefinition>,
  ) {
    this.#definitions = definitions;
    this.#stateless = stateless;
  }

  /**
   * Reads the classes; one that is listed twice counts once.
   *
   * @throws ConfigError when a class is neither actor nor stateless type or cannot be hosted, when two have one name, or when
   * types that share a mailbox ask for different partition counts
   * @example Registry.of([Account, Bank, Resize])
   */
  static of(classes: readonly AnyActor[]): Registry {
    const byName = new Map<string, { readonly type: AnyActor }>();
    const definitions = new Map<string, ActorDefinition>();
    const stateless = new Map<string, StatelessDefinition>();
    const mailboxes = new Map<string, ActorDefinition>();
    for (const type of new Set(classes)) {
      checkClass(type);
      if (declaredStateless(type)) {
        const definition = defineStateless(type);
        checkName(byName, definition);
        stateless.set(definition.name, definition);
        continue;
      }
      const definition = defineActor(type);
      checkName(byName, definition);
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
    return new Registry(definitions, stateless);
  }

  get(name: string): ActorDefinition | undefined {
    return this.#definitions.get(name);
  }

  /** The stateless types, in the order the classes were given. */
  get stateless(): Iterable<StatelessDefinition> {
    return this.#stateless.values();
  }

  /** The actors, in the order the classes were given. */
  [Symbol.iterator](): Iterator<ActorDefinition> {
    return this.#definitions.values();
  }
}

function checkName(
  byName: Map<string, { readonly type: AnyActor }>,
  definition: { readonly name: string; readonly type: AnyActor },
): void {
  const namesake = byName.get(definition.name);
  if (namesake) {
    const decorators = [namesake.type, definition.type].map((type) =>
      declaredStateless(type) ? "Stateless" : "Actor",
    );
    const [one, other] = decorators;
    const both =
      one === other ? `are both @${one}("${definition.name}")` : `are @${one} and @${other}("${definition.name}")`;
    throw new ConfigError(`class ${namesake.type.name} and class ${definition.type.name} ${both}; rename one`);
  }
  byName.set(definition.name, definition);
}
