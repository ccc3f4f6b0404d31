import type { RefBy } from "../client/ref-types.js";
import type { StatelessDefinition } from "../definition/define-stateless.js";
import type { TypeMetrics } from "../metrics/type-metrics.js";
import type { WorkerServices } from "../worker/services.js";
import type { PoolCalls } from "./pool-calls.js";

/** One hosted stateless type as its parts see it; `pool.ts` puts it together. */
export interface PoolScope {
  readonly services: WorkerServices;
  readonly definition: StatelessDefinition;
  readonly metrics: TypeMetrics;
  /** What its handlers send. */
  readonly calls: PoolCalls;
  /** `self.ref` of its instances. */
  readonly ref: RefBy<void>;
  /** `Resize/*` */
  readonly address: string;
  /** The worker stops: what runs still may be cut short, and nothing of it is settled. */
  readonly revoked: boolean;
}
