/** Those of the paused types and addresses that concern this type. */
export function targetsOf(type: string, paused: readonly string[]): string[] {
  return paused.filter((target) => target === type || target.startsWith(`${type}/`));
}
