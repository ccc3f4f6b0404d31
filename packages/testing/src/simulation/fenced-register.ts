/** What locks protect, as it should be: it refuses whoever comes with a lower fence than it has seen. */
export class FencedRegister {
  readonly #highest = new Map<string, number>();

  /** @returns whether it took the write */
  write(name: string, fence: number): boolean {
    if (fence < (this.#highest.get(name) ?? 0)) return false;
    this.#highest.set(name, fence);
    return true;
  }
}
