import type { Span, TraceHeaders, TraceIds } from "@actor-runtime/core";
import {
  type Span as ApiSpan,
  type Attributes,
  type AttributeValue,
  type Context,
  type Exception,
  type HrTime,
  type Link,
  type SpanContext,
  type SpanKind,
  type SpanStatus,
  SpanStatusCode,
  type TimeInput,
  TraceFlags,
} from "@opentelemetry/api";
import {
  hrTimeToMilliseconds,
  type InstrumentationScope,
  isAttributeValue,
  isTimeInput,
  timeInputToHrTime,
} from "@opentelemetry/core";
import type { Resource } from "@opentelemetry/resources";
import type { ReadableSpan, SpanLimits, TimedEvent } from "@opentelemetry/sdk-trace";
import { ContextWithSpan } from "../context-with-span.js";
import type { Contexts } from "../contexts.js";
import { tellFailure } from "../failure.js";
import { Place } from "../place.js";
import type { Propagation } from "../propagation.js";

const noOwn: (string | AttributeValue)[] = [];
const noAttributes: Attributes = Object.freeze({});

/** What most spans do not have. */
class Rarities {
  status: SpanStatus = { code: SpanStatusCode.UNSET };
  readonly events: TimedEvent[] = [];
  readonly links: Link[] = [];
  droppedAttributes = 0;
  droppedEvents = 0;
  droppedLinks = 0;
}

const none = new Rarities();

/** What all spans of one tracer share. */
export interface SpanHome {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  readonly limits: Required<SpanLimits>;
  /** Whether a frozen object of attributes may be kept unread, for no limit can be below what the runtime puts there. */
  readonly shares: boolean;
  readonly propagation: Propagation;
  readonly contexts: Contexts;
  /** Milliseconds since 1970. */
  now(): number;
  onEnd(span: LightSpan): void;
}

/**
 * A span of the SDK's form that costs a tenth of the SDK's own: ids and times are plain numbers, events and links exist when there
 * are some, and a frozen object of attributes is kept as it is, so that the exporter may encode it once for all spans that have
 * it. The same object is the runtime's span and the API's, which libraries find as the active one.
 */
export class LightSpan extends Place implements Span, ApiSpan, ReadableSpan {
  readonly parent: Place | undefined;
  readonly kind: SpanKind;
  name: string;
  ended = false;
  /** Attributes shared with other spans; never written to. */
  shared = noAttributes;
  /** Keys and values of its own, in turns; none is among the shared ones. */
  own = noOwn;
  readonly startedAtMs: number;
  endedAtMs: number;
  readonly #home: SpanHome;
  /** The context around it. */
  readonly #base: Context;
  #rarities: Rarities | undefined;

  constructor(
    home: SpanHome,
    parent: Place | undefined,
    base: Context,
    trace0: number,
    trace1: number,
    trace2: number,
    trace3: number,
    span0: number,
    span1: number,
    name: string,
    kind: SpanKind,
  ) {
    super(trace0, trace1, trace2, trace3, span0, span1, TraceFlags.SAMPLED, false, parent?.traceState);
    this.#home = home;
    this.#base = base;
    this.parent = parent;
    this.name = name;
    this.kind = kind;
    this.startedAtMs = this.endedAtMs = home.now();
  }

  /** The attributes it begins with. */
  begin(attributes: Attributes): void {
    if (this.#home.shares && Object.isFrozen(attributes)) this.shared = attributes;
    else this.setAttributes(attributes);
  }

  get recording(): true {
    return true;
  }

  get headers(): TraceHeaders {
    return this.#home.propagation.write(this, this.#base);
  }

  get ids(): TraceIds {
    return { trace_id: this.traceId, span_id: this.spanId };
  }

  set(attribute: string, value: string | number | boolean): void {
    this.setAttribute(attribute, value);
  }

  event(name: string, attributes?: Attributes): void {
    this.addEvent(name, attributes);
  }

  run<R>(body: () => R): R {
    return this.#home.contexts.with(new ContextWithSpan(this.#base, this), body);
  }

  fail(error: unknown): void {
    tellFailure(this, error);
    this.end();
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
    if (own.length >= 2 * attributeCountLimit) this.#rare().droppedAttributes++;
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
    const rare = this.#rare();
    if (rare.events.length >= eventCountLimit) {
      rare.droppedEvents++;
      if (eventCountLimit === 0) return this;
      rare.events.shift();
    }
    rare.events.push({ name, time: hrTime(this.#ms(at)), ...limited(attributes, attributePerEventCountLimit) });
    return this;
  }

  addLink({ context, attributes }: Link): this {
    if (this.ended) return this;
    const { linkCountLimit, attributePerLinkCountLimit } = this.#home.limits;
    const rare = this.#rare();
    if (rare.links.length >= linkCountLimit) {
      rare.droppedLinks++;
      return this;
    }
    rare.links.push(attributes ? { context, ...limited(attributes, attributePerLinkCountLimit) } : { context });
    return this;
  }

  addLinks(links: Link[]): this {
    for (const link of links) this.addLink(link);
    return this;
  }

  setStatus(status: SpanStatus): this {
    const settles = status.code !== SpanStatusCode.UNSET && this.status.code !== SpanStatusCode.OK;
    if (settles && !this.ended) this.#rare().status = status;
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
    return this.#rarities === undefined && this.traceState === undefined;
  }

  /** None at the root of a trace, which the SDK's type says by leaving the field out. */
  get parentSpanContext(): SpanContext {
    return this.parent?.spanContext() as SpanContext;
  }

  get status(): SpanStatus {
    return (this.#rarities ?? none).status;
  }

  get events(): TimedEvent[] {
    return (this.#rarities ?? none).events;
  }

  get links(): Link[] {
    return (this.#rarities ?? none).links;
  }

  get droppedAttributesCount(): number {
    return (this.#rarities ?? none).droppedAttributes;
  }

  get droppedEventsCount(): number {
    return (this.#rarities ?? none).droppedEvents;
  }

  get droppedLinksCount(): number {
    return (this.#rarities ?? none).droppedLinks;
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

  #rare(): Rarities {
    this.#rarities ??= new Rarities();
    return this.#rarities;
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
