import { fromBase64 } from "./base64.js";
import { isWireError, reviveError } from "./error-codec.js";
import { dollar, maxDepth } from "./wire-form.js";

const isoDate = /^([+-]\d{6}|\d{4})-\d\d-\d\dT/;
/** The numbers that JSON lacks. */
const numbers = new Set(["NaN", "Infinity", "-Infinity", "-0"]);

/** The value of a parsed wire form at a depth below the root; `fromWire` of `model/codec.ts` says the rest. */
export function decode(wire: unknown, depth: number): unknown {
  if (typeof wire !== "object" || wire === null) return wire;
  if (depth >= maxDepth) throw new RangeError(`the value is nested deeper than ${maxDepth}`);
  if (Array.isArray(wire)) {
    for (let i = 0; i < wire.length; i++) {
      const item: unknown = wire[i];
      if (typeof item === "object" && item !== null) wire[i] = decode(item, depth + 1);
    }
    return wire;
  }
  return decodeEntries(wire as Record<string, unknown>, depth + 1, true);
}

function decodeEntries(object: Record<string, unknown>, depth: number, tagged: boolean): unknown {
  const keys = Object.keys(object);
  if (tagged && keys.length === 1 && keys[0]!.charCodeAt(0) === dollar) {
    return decodeTag(keys[0]!, object[keys[0]!], depth);
  }
  for (let i = 0; i < keys.length; i++) {
    const value = object[keys[i]!];
    // `JSON.parse` made every key an own property, `__proto__` too, so the assignment reaches no prototype.
    if (typeof value === "object" && value !== null) object[keys[i]!] = decode(value, depth);
  }
  return object;
}

function decodeTag(tag: string, content: unknown, depth: number): unknown {
  switch (tag) {
    case "$undefined":
      if (content === true) return undefined;
      throw malformed(tag, "true");
    case "$bigint":
      if (typeof content === "string" && /^-?\d+$/.test(content)) return BigInt(content);
      throw malformed(tag, "decimal digits");
    case "$number":
      if (typeof content === "string" && numbers.has(content)) return Number(content);
      throw malformed(tag, "NaN, Infinity, -Infinity or -0");
    case "$date":
      return decodeDate(content);
    case "$bytes":
      if (typeof content === "string") return fromBase64(content);
      throw malformed(tag, "base64");
    case "$map":
      if (!Array.isArray(content) || !content.every(isPair)) throw malformed(tag, "an array of [key, value]");
      return new Map(content.map(([key, value]) => [decode(key, depth), decode(value, depth)]));
    case "$set":
      if (Array.isArray(content)) return new Set(content.map((member: unknown) => decode(member, depth)));
      throw malformed(tag, "an array");
    case "$error":
      if (isWireError(content)) return reviveError(content, (data) => decode(data, depth));
      throw malformed(tag, "an error with class, name, code, message, effect and retryable");
    case "$plain":
      if (typeof content === "object" && content !== null && !Array.isArray(content)) {
        return decodeEntries(content as Record<string, unknown>, depth, false);
      }
      throw malformed(tag, "an object");
    default:
      throw new RangeError(`the tag ${JSON.stringify(tag)} is not known to this version`);
  }
}

function decodeDate(content: unknown): Date {
  if (content === null) return new Date(Number.NaN);
  const date = typeof content === "string" && isoDate.test(content) ? new Date(content) : undefined;
  if (date === undefined || Number.isNaN(date.getTime())) throw malformed("$date", "an ISO 8601 date or null");
  return date;
}

function isPair(entry: unknown): entry is [unknown, unknown] {
  return Array.isArray(entry) && entry.length === 2;
}

function malformed(tag: string, expected: string): RangeError {
  return new RangeError(`"${tag}" must hold ${expected}`);
}
