import { Actor, Handler, Query, State } from "actor-runtime";

/** The reports that are finished. It does nothing for the sake of locks: what is asked under one carries its fence. */
@Actor("Catalogue")
export class Catalogue {
  @State() private readonly reports: string[] = [];

  @Handler() add(report: string): void {
    this.reports.push(report);
  }

  @Query() has(report: string): boolean {
    return this.reports.includes(report);
  }

  @Query() list(): readonly string[] {
    return this.reports;
  }
}
