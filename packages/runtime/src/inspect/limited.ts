import type { Limited } from "./reports.js";

/** The first of a list, so that a report stays within what may travel. */
export function firstOf<T>(items: readonly T[], most: number): Limited<T> {
  return { items: items.slice(0, most), more: Math.max(0, items.length - most) };
}
