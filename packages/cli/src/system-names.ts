/** Names that begin with `$` are the system's own: the type `$Lock`, the mailbox `$system`. */
export function isSystemName(name: string): boolean {
  return name.startsWith("$");
}
