import { LockActor } from "./locks/lock-actor.js";
import { Coordinator } from "./transactions/coordinator.js";

/** The system's own actor types, hosted by every worker beside the user's. */
export const systemActors = [LockActor, Coordinator] as const;
