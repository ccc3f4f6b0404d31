/** A value of an attribute as tests compare it. Integers of any width are numbers. */
export type Value = string | number | boolean | readonly Value[];
export type Values = Readonly<Record<string, Value>>;

export type Kind = "unspecified" | "internal" | "server" | "client" | "producer" | "consumer";

export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
}

export interface SpanEvent {
  readonly name: string;
  readonly attributes: Values;
}

/** A span as tests look at it, wherever it was written down. */
export interface TraceSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** `undefined`: it begins its trace. */
  readonly parentId: string | undefined;
  readonly name: string;
  readonly kind: Kind;
  /** In ms since 1970 with fractions; `undefined` where no clock was read. */
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
  readonly attributes: Values;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  readonly failed: boolean;
  /** It has not ended. No receiver gets such a one. */
  readonly open: boolean;
  /** Attributes of the process it comes from. */
  readonly resource: Values;
  /** The library that made it. */
  readonly scope: string;
}

/** The worker it comes from, as its resource says. */
export function workerOf({ resource }: TraceSpan): Value | undefined {
  return resource["service.instance.id"];
}
