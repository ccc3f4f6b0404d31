/** Handlers of the system itself begin with `$`; nobody outside may call them. */
export const eraseHandler = "$erase";

export function isSystemHandler(name: string): boolean {
  return name.startsWith("$");
}
