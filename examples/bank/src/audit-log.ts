import { Service } from "typedi";

const maxNotes = 1_000;

/** Notes the latest payments. A turn may run again after a crash, so each note has the key of the message it is about. */
@Service()
export class AuditLog {
  readonly #notes = new Map<string, string>();

  record(key: string, note: string): void {
    this.#notes.set(key, note);
    const [oldest] = this.#notes.keys();
    if (this.#notes.size > maxNotes && oldest !== undefined) this.#notes.delete(oldest);
  }

  get notes(): readonly string[] {
    return [...this.#notes.values()];
  }
}
