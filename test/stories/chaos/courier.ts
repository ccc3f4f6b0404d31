import { Actor, ActorContext, Handler, inject, Query, State } from "@actor-runtime/runtime";
import type { Applied } from "./ledger.js";

export const courierPartitions = 4;
export const archivePartitions = 4;

/** What couriers carried, in the order it arrived. */
@Actor("Archive", { partitions: archivePartitions })
export class Archive {
  @State() private readonly applied: Record<string, number[]> = {};

  @Handler() add(sender: string, n: number): void {
    this.applied[sender] ??= [];
    this.applied[sender].push(n);
  }

  @Query() report(): Applied {
    return this.applied;
  }
}

/** A ledger that tells the archive of its own key whatever it is given. */
@Actor("Courier", { partitions: courierPartitions })
export class Courier {
  private readonly self = inject(ActorContext);
  @State() private readonly applied: Record<string, number[]> = {};

  @Handler() add(sender: string, n: number): number {
    this.self.ref(Archive, this.self.key).tell.add(sender, n);
    this.applied[sender] ??= [];
    return this.applied[sender].push(n);
  }

  @Query() report(): Applied {
    return this.applied;
  }
}
