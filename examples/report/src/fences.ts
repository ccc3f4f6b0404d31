/** The highest fence that came for each resource. A service with a database keeps it there, beside what it protects. */
export class Fences {
  readonly #highest = new Map<string, number>();

  /**
   * Judges a `Fencing-Token` header. To be called in one step with what it protects: after an `await` in between, the answer
   * may be out of date.
   *
   * @returns the status to refuse with; `undefined`: go on
   */
  refusal(resource: string, header: string | undefined): 400 | 412 | 428 | undefined {
    if (header === undefined) return 428; // Precondition Required
    const fence = Number(header);
    if (!Number.isSafeInteger(fence) || fence <= 0) return 400;
    if (fence < (this.#highest.get(resource) ?? 0)) return 412; // Precondition Failed
    this.#highest.set(resource, fence);
    return undefined;
  }
}
