import { ConfigError, type Container, checkType, type Logger, maxWeight } from "@actor-runtime/core";
import { consoleLog } from "./console-log.js";
import type { AnyActor } from "./definition/actor-definition.js";
import { DefaultContainer } from "./definition/default-container.js";
import { defaultLimits, type Limits } from "./options.js";
import type { Ports } from "./ports.js";
import type { TracingOptions } from "./tracing-options.js";
import type { Watchdog } from "./watchdog.js";

export interface SystemOptions {
  readonly ports: Ports;
  /** Types this process hosts; none: it is a client. */
  readonly actors?: readonly AnyActor[];
  /** Where `inject` gets services from; default: one instance per class without constructor parameters. */
  readonly container?: Container;
  /** Keeps systems on the same services apart. Default `"default"`. */
  readonly namespace?: string;
  /** Default: random. */
  readonly workerId?: string;
  /** Its share of the partitions relative to other workers. Default 1. */
  readonly weight?: number;
  /** Names its code; in a rolling deploy the newest build is preferred. Default `""`. */
  readonly build?: string;
  /** Default: warnings and errors on stderr. */
  readonly log?: Logger;
  /** Find state that a query changed in place, right after the query. Default `false`. */
  readonly dev?: boolean;
  readonly watchdog?: Watchdog;
  readonly tracing?: TracingOptions;
  /** What this process takes on, and its times; `limitsOf` makes them of what users write. */
  readonly limits?: Partial<Limits>;
  /** Called once the system is closed, also when it could not be started; closing waits for it. */
  readonly onClosed?: () => void | Promise<void>;
}

/** `SystemOptions` with every default filled in and every value checked. */
export type NormalSystemOptions = Required<Omit<SystemOptions, "limits" | "watchdog" | "onClosed">> & {
  readonly limits: Limits;
  readonly watchdog: Watchdog | undefined;
};

/** @throws ConfigError that names the option and the fix */
export function normalSystemOptions(options: SystemOptions): NormalSystemOptions {
  const { ports, weight = 1 } = options;
  const namespace = namespaceOf(options.namespace ?? "default");
  if (!(weight > 0 && weight <= maxWeight)) {
    throw new ConfigError(`weight: ${weight} must be a number above 0, at most ${maxWeight}`);
  }
  return {
    ports,
    actors: options.actors ?? [],
    container: options.container ?? new DefaultContainer(),
    namespace,
    workerId: options.workerId ?? `worker-${ports.random.id().slice(0, 8)}`,
    weight,
    build: options.build ?? "",
    log: options.log ?? consoleLog,
    dev: options.dev ?? false,
    watchdog: options.watchdog,
    tracing: options.tracing ?? {},
    limits: { ...defaultLimits, ...options.limits },
  };
}

function namespaceOf(name: string): string {
  try {
    checkType(name);
    return name;
  } catch {
    throw new ConfigError(
      `namespace: "${name}" must be 1 to 100 letters, digits, "_", "." or "-", beginning with a letter`,
    );
  }
}
