import type { Attributes } from "@actor-runtime/core";

/** What all spans of one operation on one method have in common. The object is kept, so telemetry may prepare it once. */
export interface SpanShape {
  readonly name: string;
  readonly attributes: Attributes;
}

/** Addresses from outside can name any type and handler: beyond so many, shapes are made anew each time (P12). */
const maxShapes = 2_000;
/** No type, handler or key is longer; what somebody sends in place of one may be as long as a message. */
const maxNameLength = 256;

/** The shapes of one operation. */
export class SpanShapes {
  readonly #make: (type: string, handler: string, mailbox: string) => SpanShape;
  readonly #byType = new Map<string, Map<string, SpanShape>>();
  #size = 0;

  constructor(make: (type: string, handler: string, mailbox: string) => SpanShape) {
    this.#make = make;
  }

  get(type: string, handler: string, mailbox: string): SpanShape {
    const known = this.#byType.get(type)?.get(handler);
    if (known !== undefined) return known;
    const shape = this.#make(boundedName(type), boundedName(handler), mailbox);
    const bounded = type.length <= maxNameLength && handler.length <= maxNameLength;
    if (bounded && this.#size < maxShapes) {
      let byHandler = this.#byType.get(type);
      if (byHandler === undefined) this.#byType.set(type, (byHandler = new Map()));
      byHandler.set(handler, shape);
      this.#size++;
    }
    return shape;
  }
}

/** As much of a name from outside as a span tells. */
export function boundedName(name: string): string {
  return name.slice(0, maxNameLength);
}
