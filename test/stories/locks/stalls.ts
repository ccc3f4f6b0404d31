const beatMs = 20;

/** For how long the event loop of this process stood still, from now on. */
export class Stalls {
  #due = performance.now() + beatMs;
  #totalMs = 0;

  constructor() {
    setInterval(() => this.#look(), beatMs).unref();
  }

  get totalMs(): number {
    this.#look();
    return this.#totalMs;
  }

  #look(): void {
    const now = performance.now();
    if (now <= this.#due) return;
    this.#totalMs += now - this.#due;
    this.#due = now + beatMs;
  }
}
