import type { Logger, Telemetry } from "@actor-runtime/core";

interface Reporting {
  readonly log: Logger;
  readonly telemetry: Telemetry;
}

/** The most transactions of either kind that are remembered (P12). */
const most = 1_000;

/**
 * What was said of transactions here of late by operators, who had them commit, and by callers, who gave them up. Nobody else
 * can contradict a decision: callers and participants ask before they say anything.
 */
export class Contradictions {
  readonly #services: Reporting;
  readonly #forced = new Set<string>();
  readonly #givenUp = new Set<string>();

  constructor(services: Reporting) {
    this.#services = services;
  }

  /** @param address who hears that an operator had it commit */
  forced(id: string, address: string): void {
    remember(this.#forced, id);
    if (this.#givenUp.has(id)) reportContradiction(this.#services, id, address);
  }

  /** @param address who hears that its caller gave it up */
  givenUp(id: string, address: string): void {
    remember(this.#givenUp, id);
    if (this.#forced.has(id)) reportContradiction(this.#services, id, address);
  }
}

/** @param address who heard of both */
export function reportContradiction({ log, telemetry }: Reporting, id: string, address: string): void {
  telemetry.count("transaction.contradictions", 1);
  log.error(
    { transaction: id, address },
    "an operator had a transaction commit that its caller gave up: some of its actors may have changed, and others not",
  );
}

function remember(ids: Set<string>, id: string): void {
  ids.add(id);
  if (ids.size <= most) return;
  for (const oldest of ids) {
    ids.delete(oldest);
    return;
  }
}
