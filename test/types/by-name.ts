// Callers that import no actor code. Never run: types.test.ts compiles it in both dialects.
import type { ActorSystem } from "actor-runtime";
import type { Parcel } from "./definitions.js";

declare module "actor-runtime" {
  interface Actors {
    Parcel: Parcel;
  }
}

export async function byName(system: ActorSystem): Promise<number> {
  await system.ref("Parcel", "p-1").tell.send("home");
  // @ts-expect-error not listed in Actors
  system.ref("Parsel", "p-1");
  return await system.ref("Parcel", "p-1").pack("books");
}
