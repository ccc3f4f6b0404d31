import { STATUS_CODES } from "node:http";
import type { Chapter } from "./archive.js";

/** The archive saw a higher fence: somebody took the lock later. */
export class RefusedError extends Error {}

/** Calls the archive as one who holds the lock of a report. */
export class ArchiveClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** @throws RefusedError */
  chapters(report: string, fence: number): Promise<readonly Chapter[]> {
    return this.#call(report, fence, { method: "GET" });
  }

  /** @throws RefusedError */
  async append(report: string, chapter: Chapter, fence: number): Promise<void> {
    await this.#call(report, fence, { method: "POST", body: JSON.stringify(chapter) });
  }

  async #call(report: string, fence: number, init: RequestInit): Promise<readonly Chapter[]> {
    const headers = { "fencing-token": String(fence) };
    const response = await fetch(`${this.#url}/reports/${report}`, { ...init, headers });
    if (response.ok) return (await response.json()) as Chapter[];
    const reason = `${response.status} ${STATUS_CODES[response.status]}`;
    throw response.status === 412 ? new RefusedError(reason) : new Error(`the archive says ${reason}`);
  }
}
