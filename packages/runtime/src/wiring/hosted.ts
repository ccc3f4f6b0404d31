import type { Logger } from "@actor-runtime/core";
import { knownStateless, type TargetBy, targetBy } from "../client/ref-by.js";
import type { StatelessDefinition } from "../definition/define-stateless.js";
import { Registry } from "../definition/registry.js";
import type { Meter } from "../metrics/meter.js";
import { TypeMetrics } from "../metrics/type-metrics.js";
import { type Limits, typeBounds } from "../options.js";
import { isSystemType } from "../system-handlers.js";
import type { NormalSystemOptions } from "../system-options.js";
import { HostedType } from "../worker/activation.js";
import { Concurrency, TypeConcurrency } from "../worker/concurrency.js";

/** What a process hosts, by name. */
export interface Hosted {
  readonly types: ReadonlyMap<string, HostedType>;
  readonly stateless: ReadonlyMap<string, StatelessDefinition>;
  /** Finds whom a reference means. */
  readonly target: TargetBy;
}

/** @throws ConfigError that names the type and the fix */
export function hostedBy({ actors, limits, log }: NormalSystemOptions, meter: Meter): Hosted {
  const registry = Registry.of(actors);
  const types = hostedTypes(registry, meter, limits);
  const stateless = new Map(Array.from(registry.stateless, (definition) => [definition.name, definition]));
  warnOfIdleLimits(limits, types, stateless, log);
  const target = targetBy((name) => {
    const definition = stateless.get(name);
    return types.get(name)?.definition ?? (definition && knownStateless(definition.type, definition));
  });
  return { types, stateless, target };
}

function hostedTypes(registry: Registry, meter: Meter, limits: Limits): ReadonlyMap<string, HostedType> {
  const types = new Map<string, HostedType>();
  const worker = new Concurrency(limits.maxTurns);
  const system = new Concurrency(Number.POSITIVE_INFINITY);
  for (const definition of registry) {
    const { name, methods } = definition;
    const bounds = typeBounds(limits, name);
    // What others wait for is the business of the system's own types.
    const concurrency = isSystemType(name)
      ? new TypeConcurrency(system, Number.POSITIVE_INFINITY)
      : new TypeConcurrency(worker, bounds.maxTurns);
    types.set(name, new HostedType(definition, new TypeMetrics(meter, name, methods.keys()), { bounds, concurrency }));
  }
  return types;
}

/** Limits that bound nothing here are a mistake, or meant for another process. */
function warnOfIdleLimits(limits: Limits, types: Hosted["types"], stateless: Hosted["stateless"], log: Logger): void {
  for (const [type, bounds = {}] of Object.entries(limits.types)) {
    if (types.has(type)) continue;
    if (!stateless.has(type)) {
      log.warn({ type }, `limits.types.${type}: this process hosts no type of that name`);
    } else if (Object.keys(bounds).some((bound) => bound !== "maxTurns")) {
      log.warn(
        { type },
        `limits.types.${type}: it is a stateless type, of which only the concurrency has a limit here`,
      );
    }
  }
}
