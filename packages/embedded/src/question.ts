import type { Inquiry, ViewMember } from "@actor-runtime/core";

/** A question to members of a world, and what they have responded so far. */
export class Question {
  readonly text: string;
  /** Resolves once everybody asked has responded. */
  readonly answered: Promise<void>;
  #complete!: () => void;
  /** Incarnations of those who have not responded, by id. */
  readonly #missing: Map<string, string>;
  readonly #responses = new Map<string, string>();

  constructor(text: string, members: readonly ViewMember[]) {
    this.text = text;
    this.#missing = new Map(members.map(({ id, incarnation }) => [id, incarnation]));
    this.answered = new Promise((resolve) => {
      this.#complete = resolve;
    });
    if (this.#missing.size === 0) this.#complete();
  }

  isFor(id: string): boolean {
    return this.#missing.has(id);
  }

  /** What another run says under a member's id does not count. */
  respond(id: string, incarnation: string, text: string): void {
    if (this.#missing.get(id) !== incarnation) return;
    this.#missing.delete(id);
    this.#responses.set(id, text);
    if (this.#missing.size === 0) this.#complete();
  }

  get outcome(): Inquiry {
    return { responses: new Map(this.#responses), silent: [...this.#missing.keys()].toSorted() };
  }
}
