import type { Outcome } from "./write-report.js";

/** Writes reports, in this process or in one of its own. */
export interface Writer {
  readonly id: string;
  /** May be called again while it writes: it then races with itself. */
  write(report: string): Promise<Outcome>;
  /** Makes it lose the lock of a report while it writes. @returns how, for the story */
  lose(report: string): Promise<string>;
  /** Lets it go on. @returns how, for the story */
  goOn(): string;
  /** Ends its process, if it has one. */
  end(): Promise<void>;
}
