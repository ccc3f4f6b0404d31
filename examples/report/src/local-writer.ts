import type { ActorSystem } from "actor-runtime";
import type { ArchiveClient } from "./archive-client.js";
import { lockOf, type Outcome, writeReport } from "./write-report.js";
import type { Writer } from "./writer.js";

/** A writer in this process, which cannot freeze alone: its lock is taken from it, as an operator would. */
export class LocalWriter implements Writer {
  readonly id: string;
  readonly #system: ActorSystem;
  readonly #archive: ArchiveClient;

  constructor(id: string, system: ActorSystem, archive: ArchiveClient) {
    this.id = id;
    this.#system = system;
    this.#archive = archive;
  }

  write(report: string): Promise<Outcome> {
    return writeReport(report, { by: this.id, system: this.#system, archive: this.#archive });
  }

  async lose(report: string): Promise<string> {
    await this.#system.locks.break(lockOf(report));
    return "has its lock taken by an operator (set AMQP_URL and REDIS_URL to see it freeze)";
  }

  goOn(): string {
    return "has not looked at lock.signal";
  }

  async end(): Promise<void> {}
}
