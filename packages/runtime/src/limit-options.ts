import { ConfigError } from "@actor-runtime/core";
import { defaultLimits, type Limits, type TypeBounds } from "./options.js";
import { isSystemType } from "./system-handlers.js";

/** In bytes, or as `"64MiB"`. */
export type Size = number | `${number}KiB` | `${number}MiB` | `${number}GiB`;

/** Bounds of one type, and of each of its actors; of a stateless type `concurrency` is the only one. */
export interface TypeLimitOptions {
  /**
   * Asynchronous turns of the type that run in this worker at a time; what comes then waits. Of a stateless type all calls count.
   *
   * @default half of the worker's; of a stateless type what its `@Stateless` says
   */
  concurrency?: number;
  /** Messages that wait in memory for one actor. @default 10_000 */
  waiting?: number;
  /** Messages stored behind one actor that is slow. @default 10_000 */
  stored?: number;
  /** Their bytes. @default "16MiB" */
  storedBytes?: Size;
  /** Messages for one actor that wait for their time. @default 10_000 */
  delayed?: number;
  /** Their bytes. @default "16MiB" */
  delayedBytes?: Size;
}

/**
 * What a worker takes on at most; nobody has to set any of it. What happens at each bound, and what callers should do, is in
 * docs/flow-control.md.
 *
 * @example
 * connect({ actors, limits: { concurrency: 2_000, types: { Account: { concurrency: 100, waiting: 1_000 } } } });
 */
export interface LimitOptions extends TypeLimitOptions {
  /** Asynchronous turns of all types together that run in this worker at a time. @default 1_000 */
  concurrency?: number;
  /** What is different for some types, by name. */
  types?: Readonly<Record<string, TypeLimitOptions>>;
  /** Bytes stored behind slow actors in one partition. @default "256MiB" */
  partitionStoredBytes?: Size;
  /** Bytes of messages in one partition that wait for their time. @default "64MiB" */
  partitionDelayedBytes?: Size;
  /** Bytes on their way from one partition to one other mailbox's partition. @default "64MiB" */
  outboxBytes?: Size;
  /** Bytes that the worker has taken from the broker and not acknowledged. @default "256MiB" */
  unackedBytes?: Size;
  /** Actors in memory; those that are idle longest go first. @default 100_000 */
  activations?: number;
  /** Actors of one partition that transactions hold. @default 10_000 */
  heldActors?: number;
  /** Processes and partitions that one partition knows as senders, for an hour each. @default 100_000 */
  senders?: number;
}

type Field = keyof Omit<LimitOptions, "types">;
type Bound = { [N in keyof Limits]: Limits[N] extends number ? N : never }[keyof Limits];

const typeFields: Readonly<Record<keyof TypeLimitOptions, keyof TypeBounds>> = {
  concurrency: "maxTurns",
  waiting: "maxWaitingPerActor",
  stored: "maxStoredPerActor",
  storedBytes: "maxStoredBytesPerActor",
  delayed: "maxDelayedPerActor",
  delayedBytes: "maxDelayedBytesPerActor",
};

/** The bound behind every option, for the table of docs/flow-control.md too. */
export const limitFields: Readonly<Record<Field, Bound>> = {
  ...typeFields,
  partitionStoredBytes: "maxStoredBytes",
  partitionDelayedBytes: "maxDelayedBytes",
  outboxBytes: "maxOutboxBytes",
  unackedBytes: "maxUnsettledBytes",
  activations: "maxActivations",
  heldActors: "maxHeldActors",
  senders: "maxStreams",
};

const units = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;
/** Whatever is bounded in bytes holds a few messages of the largest size. */
const leastBytes = units.MiB;

/**
 * The bounds that these options stand for.
 *
 * @throws ConfigError that names the field and the fix
 */
export function limitsOf(options: LimitOptions = {}): Partial<Limits> {
  checkObject(options, "limits");
  const { types, ...given } = options;
  const limits = boundsOf(given, limitFields, "limits");
  if (types === undefined) return limits;
  checkObject(types, "limits.types");
  const ofTypes = Object.entries(types).map(([type, own]) => [type, typeOf(type, own, limits)] as const);
  return { ...limits, types: Object.fromEntries(ofTypes) };
}

function typeOf(
  type: string,
  options: TypeLimitOptions,
  { maxTurns = defaultLimits.maxTurns }: Partial<Limits>,
): Partial<TypeBounds> {
  const where = `limits.types.${type}`;
  if (isSystemType(type)) {
    throw new ConfigError(`${where}: types that begin with "$" are the system's own, without limits`);
  }
  checkObject(options, where);
  const bounds = boundsOf(options, typeFields, where);
  if (bounds.maxTurns !== undefined && bounds.maxTurns > maxTurns) {
    throw new ConfigError(
      `${where}.concurrency: ${bounds.maxTurns} is more than limits.concurrency, ${maxTurns}; raise that`,
    );
  }
  return bounds;
}

function boundsOf<N extends string, B extends string>(
  options: Readonly<Partial<Record<N, unknown>>>,
  fields: Readonly<Record<N, B>>,
  where: string,
): Partial<Record<B, number>> {
  const bounds: Partial<Record<B, number>> = {};
  for (const [field, value] of Object.entries(options)) {
    if (!Object.hasOwn(fields, field)) {
      const known = [...Object.keys(fields), ...(where === "limits" ? ["types"] : [])].join(", ");
      throw new ConfigError(`${where}: there is no limit "${field}"; there are ${known}`);
    }
    if (value === undefined) continue;
    bounds[fields[field as N]] = field.endsWith("Bytes")
      ? bytes(value, `${where}.${field}`)
      : count(value, `${where}.${field}`);
  }
  return bounds;
}

function count(value: unknown, where: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw new ConfigError(`${where}: ${shown(value)} must be a whole number of at least 1`);
}

function bytes(value: unknown, where: string): number {
  const [, number, unit] = (typeof value === "string" && /^(\d+)(KiB|MiB|GiB)$/.exec(value)) || [];
  const size = unit === undefined ? value : Number(number) * units[unit as keyof typeof units];
  if (Number.isSafeInteger(size) && (size as number) >= leastBytes) return size as number;
  throw new ConfigError(
    `${where}: ${shown(value)} must be a number of bytes, or a size like "64MiB", of at least 1 MiB`,
  );
}

function checkObject(value: unknown, where: string): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw new ConfigError(`${where}: ${shown(value)} must be an object, for example { concurrency: 100 }`);
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
