import type { ListOperation, ListRead } from "./list-history.js";

/** What is shown of a list: its end. */
const shown = 8;

export function describeOperation(operation: ListOperation): string {
  if (operation.kind === "append") return `append ${operation.value} to ${operation.key}`;
  return describeRead(operation);
}

/** `read [1, 2] of x` */
export function describeRead({ key, list }: ListRead): string {
  const end = list.slice(-shown).join(", ");
  return `read [${list.length > shown ? `${list.length - shown} more, ` : ""}${end}] of ${key}`;
}
