const prefix = "broken:";

/** Word that a lock was broken, as it travels on the namespace's channel. */
export function brokenLockText(name: string): string {
  return prefix + name;
}

/** The lock's name; `undefined`: it is no such word. */
export function parseBrokenLock(text: string): string | undefined {
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}
