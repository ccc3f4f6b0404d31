import type {
  Attributes,
  AttributeValue,
  Exception,
  HrTime,
  Link,
  Span,
  SpanContext,
  SpanKind,
  SpanStatus,
  TimeInput,
} from "@opentelemetry/api";
import { SpanStatusCode } from "@opentelemetry/api";
import {
  hrTimeToMilliseconds,
  type InstrumentationScope,
  isAttributeValue,
  isTimeInput,
  timeInputToHrTime,
} from "@opentelemetry/core";
import type { Resource } from "@opentelemetry/resources";
import type { ReadableSpan, SpanLimits, TimedEvent } from "@opentelemetry/sdk-trace";

const unset: SpanStatus = Object.freeze({ code: SpanStatusCode.UNSET });
const noEvents: TimedEvent[] = [];
const noLinks: Link[] = [];
const noOwn: (string | AttributeValue)[] = [];
const noAttributes: Attributes = Object.freeze({});

/** What all spans of one tracer share. */
export interface SpanHome {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  readonly limits: Required<SpanLimits>;
  /** Whether a frozen object of attributes may be kept unread, for no limit can be below what the runtime puts there. */
  readonly shares: boolean;
  /** Milliseconds since 1970. */
  now(): number;
  onEnd(span: LightSpan): void;
}

/**
 * A span of the SDK's form that costs a tenth of the SDK's own: times are plain numbers, events and links exist when there are
 * some, and a frozen object of attributes is kept as it is, so that the exporter may encode it once for all spans that have it.
 */
export class LightSpan implements Span, ReadableSpan {
  readonly kind: SpanKind;
  readonly parentSpanContext?: SpanContext;
  name: string;
  status: SpanStatus = unset;
  links: Link[];
  events: TimedEvent[] = noEvents;
  droppedAttributesCount = 0;
  droppedEventsCount = 0;
  droppedLinksCount = 0;
  ended = false;

  /** Attributes shared with other spans; never written to. */
  shared: Attributes;
  /** Keys and values of its own, in turns; none is among the shared ones. */
  own: (string | AttributeValue)[] = noOwn;
  readonly startedAtMs: number;
  endedAtMs: number;

  readonly #context: SpanContext;
  readonly #home: SpanHome;

  constructor(
    home: SpanHome,
    context: SpanContext,
    parent: SpanContext | undefined,
    name: string,
    kind: SpanKind,
    attributes: Attributes | undefined,
    links: Link[],
  ) {
    this.#home = home;
    this.#context = context;
    if (parent !== undefined) this.parentSpanContext = parent;
    this.name = name;
    this.kind = kind;
    this.links = noLinks;
    if (attributes !== undefined && home.shares && Object.isFrozen(attributes)) {
      this.shared = attributes;
    } else {
      this.shared = noAttributes;
      if (attributes !== undefined) this.setAttributes(attributes);
    }
    if (links.length > 0) this.addLinks(links);
    this.startedAtMs = this.endedAtMs = home.now();
  }

  spanContext(): SpanContext {
    return this.#context;
  }

  isRecording(): boolean {
    return !this.ended;
  }

  setAttribute(key: string, value: AttributeValue | undefined): this {
    if (this.ended || value === undefined || value === null || key === "" || !isAttributeValue(value)) return this;
    const { attributeCountLimit, attributeValueLengthLimit } = this.#home.limits;
    const { own } = this;
    const kept =
      attributeValueLengthLimit === Number.POSITIVE_INFINITY ? value : shortened(value, attributeValueLengthLimit);
    for (let at = 0; at < own.length; at += 2) {
      if (own[at] === key) {
        own[at + 1] = kept;
        return this;
      }
    }
    if (Object.hasOwn(this.shared, key)) return this.#unshare().setAttribute(key, kept);
    if (own.length >= 2 * attributeCountLimit) this.droppedAttributesCount++;
    // An array that grows from nothing makes room for 17, and spans of all messages under way are in memory.
    else if (own.length === 0) this.own = [key, kept];
    else own.push(key, kept);
    return this;
  }

  setAttributes(attributes: Attributes): this {
    for (const key in attributes) this.setAttribute(key, attributes[key]);
    return this;
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (this.ended) return this;
    const { eventCountLimit, attributePerEventCountLimit } = this.#home.limits;
    const [attributes, at] = isTimeInput(attributesOrTime) ? [{}, attributesOrTime] : [attributesOrTime ?? {}, time];
    if (this.events.length >= eventCountLimit) {
      this.droppedEventsCount++;
      if (eventCountLimit === 0) return this;
      this.events.shift();
    }
    if (this.events === noEvents) this.events = [];
    this.events.push({ name, time: hrTime(this.#ms(at)), ...limited(attributes, attributePerEventCountLimit) });
    return this;
  }

  addLink({ context, attributes }: Link): this {
    if (this.ended) return this;
    const { linkCountLimit, attributePerLinkCountLimit } = this.#home.limits;
    if (this.links.length >= linkCountLimit) {
      this.droppedLinksCount++;
      return this;
    }
    if (this.links === noLinks) this.links = [];
    this.links.push(attributes ? { context, ...limited(attributes, attributePerLinkCountLimit) } : { context });
    return this;
  }

  addLinks(links: Link[]): this {
    for (const link of links) this.addLink(link);
    return this;
  }

  setStatus(status: SpanStatus): this {
    const settles = status.code !== SpanStatusCode.UNSET && this.status.code !== SpanStatusCode.OK;
    if (settles && !this.ended) this.status = status;
    return this;
  }

  updateName(name: string): this {
    if (!this.ended) this.name = name;
    return this;
  }

  recordException(exception: Exception, time?: TimeInput): void {
    const { name, code, message, stack }: { name?: string; code?: string | number; message?: string; stack?: string } =
      typeof exception === "string" ? { message: exception } : exception;
    const attributes: Attributes = {};
    const type = code ?? name;
    if (type !== undefined) attributes["exception.type"] = String(type);
    if (message !== undefined) attributes["exception.message"] = message;
    if (stack !== undefined) attributes["exception.stacktrace"] = stack;
    this.addEvent("exception", attributes, time);
  }

  end(time?: TimeInput): void {
    if (this.ended) return;
    this.endedAtMs = Math.max(this.#ms(time), this.startedAtMs);
    this.ended = true;
    this.#home.onEnd(this);
  }

  get attributes(): Attributes {
    const attributes: Attributes = { ...this.shared };
    for (let at = 0; at < this.own.length; at += 2) {
      attributes[this.own[at] as string] = this.own[at + 1] as AttributeValue;
    }
    return attributes;
  }

  /** There is nothing to it but its place, times and attributes. */
  get plain(): boolean {
    return (
      this.status === unset &&
      this.events.length === 0 &&
      this.links.length === 0 &&
      this.droppedAttributesCount + this.droppedEventsCount + this.droppedLinksCount === 0 &&
      this.#context.traceState === undefined
    );
  }

  get startTime(): HrTime {
    return hrTime(this.startedAtMs);
  }

  get endTime(): HrTime {
    return hrTime(this.endedAtMs);
  }

  get duration(): HrTime {
    return hrTime(this.endedAtMs - this.startedAtMs);
  }

  get resource(): Resource {
    return this.#home.resource;
  }

  get instrumentationScope(): InstrumentationScope {
    return this.#home.scope;
  }

  #ms(time: TimeInput | undefined): number {
    return time === undefined ? this.#home.now() : hrTimeToMilliseconds(timeInputToHrTime(time));
  }

  /** One of the shared attributes is about to differ. */
  #unshare(): this {
    this.own = [...this.own];
    for (const key in this.shared) this.own.push(key, this.shared[key]!);
    this.shared = noAttributes;
    return this;
  }
}

function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  const nanoseconds = Math.round((ms - seconds * 1_000) * 1e6);
  return nanoseconds < 1e9 ? [seconds, nanoseconds] : [seconds + 1, 0];
}

function shortened(value: AttributeValue, length: number): AttributeValue {
  if (typeof value === "string") return value.slice(0, length);
  return Array.isArray(value)
    ? (value.map((item) => (typeof item === "string" ? item.slice(0, length) : item)) as AttributeValue)
    : value;
}

/** The first attributes up to the limit, and how many there were beyond. */
function limited(attributes: Attributes, limit: number): { attributes: Attributes; droppedAttributesCount: number } {
  const entries = Object.entries(attributes).filter(([, value]) => value !== undefined && isAttributeValue(value));
  return {
    attributes: Object.fromEntries(entries.slice(0, limit)),
    droppedAttributesCount: Math.max(0, entries.length - limit),
  };
}
