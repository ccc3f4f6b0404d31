import { messageBytes } from "@actor-runtime/core";
import type { Limited } from "./reports.js";

/** The first of a list, so that a report stays within what may travel. */
export function firstOf<T>(items: readonly T[], most: number): Limited<T> {
  return { items: items.slice(0, most), more: Math.max(0, items.length - most) };
}

/** The first of a list that have at most so many bytes together, as JSON. */
export function firstWithin<T>(items: readonly T[], mostBytes: number): Limited<T> {
  let bytes = 0;
  const end = items.findIndex((item) => {
    bytes += messageBytes(JSON.stringify(item)) + 1;
    return bytes > mostBytes;
  });
  return firstOf(items, end < 0 ? items.length : end);
}
