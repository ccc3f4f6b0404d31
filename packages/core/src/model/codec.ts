import { toBase64 } from "./base64.js";
import { decode } from "./decode.js";
import { describeError, isError, reviveError } from "./error-codec.js";
import type { ActorError } from "./errors.js";
import type { WireError } from "./message.js";
import { keySegment, reasonFor, Unsendable } from "./unsendable.js";
import { dollar, maxDepth } from "./wire-form.js";

/** An error costs this many levels, so errors in the data of errors end soon. */
const errorDepth = maxDepth / 4;

const undefinedTag = { $undefined: true };

/**
 * Puts a value into wire form: JSON, with one-key objects for what JSON lacks, `{ "$bigint": "12" }`. Properties that
 * `JSON.stringify` passes over (symbols as keys, not enumerable ones) do not travel.
 *
 * | value | wire form |
 * |---|---|
 * | `undefined`, a hole | `{ "$undefined": true }` |
 * | `bigint` | `{ "$bigint": "<decimal>" }` |
 * | `NaN`, `Infinity`, `-Infinity`, `-0` | `{ "$number": "<its name>" }` |
 * | `Date`, its subclasses | `{ "$date": "<ISO 8601>" }`, invalid: `null` |
 * | `Uint8Array`, `Buffer` | `{ "$bytes": "<base64>" }` |
 * | `Map` | `{ "$map": [[key, value], …] }` |
 * | `Set` | `{ "$set": [member, …] }` |
 * | `Error` | `{ "$error": WireError }` |
 * | an object whose only key begins with `$` | `{ "$plain": { "$key": value } }` |
 *
 * @param path names the value in errors, for example `args`
 * @returns the value itself where nothing had to change, otherwise a copy that shares the unchanged parts
 * @throws NotSendableError naming the path of the part that cannot travel
 */
export function toWire(value: unknown, path: string): unknown {
  try {
    return encode(value, 0);
  } catch (error) {
    throw Unsendable.toError(error, path);
  }
}

/** The wire form as JSON text; see {@link toWire}. */
export function encodeText(value: unknown, path: string): string {
  // Most fields of states and most answers are numbers; a finite one is its own text, -0 excepted.
  if (typeof value === "number" && value - value === 0 && (value !== 0 || 1 / value > 0)) return `${value}`;
  return JSON.stringify(toWire(value, path));
}

/**
 * The value of a wire form that came out of `JSON.parse`, whose objects are reused.
 *
 * @throws RangeError on an unknown or malformed tag, or nesting deeper than 500
 */
export function fromWire(wire: unknown): unknown {
  return decode(wire, 0);
}

/**
 * The value of a wire form as JSON text.
 *
 * @throws SyntaxError when the text is no JSON
 * @throws RangeError as {@link fromWire} does
 */
export function decodeText(text: string): unknown {
  return decode(JSON.parse(text), 0);
}

/** Puts anything that was thrown into wire form. Never throws; `data` that cannot travel is dropped. */
export function errorToWire(thrown: unknown): WireError {
  return describeError(thrown, (data) => encode(data, errorDepth));
}

/** The error of a wire form, as an instance of the nearest class of ours. */
export function errorFromWire(wire: WireError): ActorError {
  return reviveError(wire, fromWire);
}

function encode(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (value === 0 ? 1 / value > 0 : value - value === 0) return value;
      return { $number: Object.is(value, -0) ? "-0" : String(value) };
    case "object":
      return value === null ? null : encodeObject(value, depth);
    case "undefined":
      return undefinedTag;
    case "bigint":
      return { $bigint: String(value) };
    case "function":
    case "symbol":
    default:
      throw new Unsendable(reasonFor(value, ""));
  }
}

function encodeObject(object: object, depth: number): unknown {
  if (depth >= maxDepth) throw new Unsendable(`is nested deeper than ${maxDepth}`, true);
  const prototype: object | null = Object.getPrototypeOf(object);
  if (prototype === Object.prototype || prototype === null) return encodeEntries(object as never, depth + 1);
  if (prototype === Array.prototype && Array.isArray(object)) return encodeItems(object, depth + 1);
  return encodeSpecial(object, prototype, depth + 1);
}

function encodeItems(array: readonly unknown[], depth: number): unknown[] {
  let copy: unknown[] | undefined;
  let i = 0;
  try {
    for (; i < array.length; i++) {
      const item = array[i];
      const wire = encode(item, depth);
      if (wire !== item) {
        copy ??= Array.from(array);
        copy[i] = wire;
      }
    }
  } catch (error) {
    throw Unsendable.at(error, array, `[${i}]`);
  }
  return copy ?? (array as unknown[]);
}

function encodeEntries(object: Record<string, unknown>, depth: number): unknown {
  const keys = Object.keys(object);
  let copy: Record<string, unknown> | undefined;
  let key = "";
  try {
    for (let i = 0; i < keys.length; i++) {
      key = keys[i]!;
      const value = object[key];
      const wire = encode(value, depth);
      if (wire !== value) {
        // Spreading makes an own `__proto__` of the copy too, so that the assignment reaches no prototype.
        copy ??= { ...object };
        copy[key] = wire;
      }
    }
  } catch (error) {
    throw Unsendable.at(error, object, keySegment(key));
  }
  const wire = copy ?? object;
  return keys.length === 1 && key.charCodeAt(0) === dollar ? { $plain: wire } : wire;
}

/** Built-ins are told by brand and name rather than `instanceof`, so that those of another realm count too. */
function encodeSpecial(object: object, prototype: object, depth: number): unknown {
  const brand = Object.prototype.toString.call(object).slice("[object ".length, -1);
  if (brand === "Uint8Array" && ArrayBuffer.isView(object)) return { $bytes: toBase64(object as Uint8Array) };
  if (isError(object)) return { $error: describeError(object, (data) => encode(data, depth + errorDepth)) };
  // Whatever its class: tools that fake the time replace Date by a subclass.
  if (brand === "Date") return encodeDate(object as Date);
  const name = className(prototype);
  if (name === brand) {
    if (brand === "Map") return encodeMap(object as Map<unknown, unknown>, depth);
    if (brand === "Set") return encodeSet(object as Set<unknown>, depth);
    if (brand === "Array") return encodeItems(object as unknown[], depth);
    if (brand === "Object" && Object.getPrototypeOf(prototype) === null) return encodeEntries(object as never, depth);
  }
  throw new Unsendable(reasonFor(object, name));
}

function className(prototype: object): string {
  const { constructor } = prototype;
  return typeof constructor === "function" ? constructor.name : "";
}

function encodeDate(date: Date): unknown {
  return { $date: Number.isNaN(date.getTime()) ? null : date.toISOString() };
}

function encodeMap(map: Map<unknown, unknown>, depth: number): unknown {
  const entries: unknown[] = [];
  let segment = "";
  try {
    for (const [key, value] of map) {
      segment = `.keys[${entries.length}]`;
      const wireKey = encode(key, depth);
      segment = typeof key === "object" ? `.values[${entries.length}]` : `.get(${JSON.stringify(wireKey)})`;
      entries.push([wireKey, encode(value, depth)]);
    }
  } catch (error) {
    throw Unsendable.at(error, map, segment);
  }
  return { $map: entries };
}

function encodeSet(set: Set<unknown>, depth: number): unknown {
  const members: unknown[] = [];
  try {
    for (const member of set) members.push(encode(member, depth));
  } catch (error) {
    throw Unsendable.at(error, set, `.values[${members.length}]`);
  }
  return { $set: members };
}
