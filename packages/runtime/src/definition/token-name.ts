/** How errors call an injection token: a class by its name, a token by the name it was given. */
export function tokenName(token: unknown): string {
  const name = typeof token === "string" ? token : (token as { name?: unknown } | null | undefined)?.name;
  return typeof name === "string" && name !== "" ? name : String(token);
}
