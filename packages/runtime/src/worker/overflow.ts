import { OverloadedError } from "@actor-runtime/core";

/** ActorOverflow of delivery.md C.6. */
export function actorOverflow(address: string, waiting: number): OverloadedError {
  return new OverloadedError(`${waiting} messages wait for ${address} already`, "actor", 1_000);
}
