/** How deep values may be nested. Also how cycles are found: only past this depth does anybody look for one. */
export const maxDepth = 500;

/** The first character of every tag, `{ "$bigint": "12" }`. */
export const dollar = "$".charCodeAt(0);
