// What the compiler accepts and refuses where actors are called. Never run: types.test.ts compiles it in both dialects.
import type { ActorSystem, Ref } from "actor-runtime";
import { Drawer, Parcel, Stamper } from "./definitions.js";

export async function byClass(system: ActorSystem, signal: AbortSignal): Promise<void> {
  const parcel = system.ref(Parcel, "p-1");

  const weight: number = await parcel.pack("books");
  const route: { stops: string[] } = await parcel.route({ stops: ["Bern"], next: { stops: [] } });
  const labels: string[] = await parcel.label("fragile");
  const sum: number = await parcel.sum(1, 2, 3);
  const sent: Promise<void> = parcel.tell.move("Bern", 2);
  void [weight, route, labels, sum, await sent, parcel.address.length];

  await parcel.with({ timeout: "2s", signal, idempotencyKey: "k", headers: { tenant: "a" } }).send("home");
  await parcel.with({ idempotencyKey: "k" }).tell.send("home");
  await parcel.with({ delay: "5m", idempotencyKey: "k" }).tell.send("home");

  // @ts-expect-error nobody can wait for an answer in five minutes
  await parcel.with({ delay: "5m" }).send("home");
  // @ts-expect-error no duration
  parcel.with({ timeout: "2 seconds" });
  // @ts-expect-error a header is text
  parcel.with({ headers: { tenant: 1 } });
  // @ts-expect-error an argument of another type
  await parcel.pack(1);
  // @ts-expect-error an argument is missing
  await parcel.tell.move("Bern");
  // @ts-expect-error protected
  void parcel.helper;
  // @ts-expect-error no such method
  void parcel.unpack;
  // @ts-expect-error a key is text
  system.ref(Parcel, 42);
  // @ts-expect-error a key that may be missing is no stateless type
  system.ref(Parcel, ["p-1"][7]);
}

export async function withoutKey(system: ActorSystem): Promise<void> {
  const stamped: string = await system.ref(Stamper).stamp("letter");
  await system.ref<Stamper>("Stamper").tell.stamp(stamped);
  // @ts-expect-error an argument of another type
  await system.ref(Stamper).stamp(1);
}

export function otherwise(system: ActorSystem): Ref<Parcel> {
  const drawer = system.ref(Drawer<number>, "d-1");
  void drawer.put(1);
  // @ts-expect-error a drawer of numbers
  void drawer.put("one");

  // @ts-expect-error a drawer is no parcel
  const mistaken: Ref<Parcel> = system.ref(Drawer, "d-1");
  void mistaken;

  const loose: Ref<Parcel> = system.ref<Parcel>("Parcel", "p-1");
  return loose;
}

/** A reference is no promise: it survives being returned from an async function. */
export async function returned(system: ActorSystem): Promise<Ref<Parcel>> {
  const pick = async () => system.ref(Parcel, "p-1");
  const picked: Ref<Parcel> = await pick();
  return picked;
}

export async function together(system: ActorSystem): Promise<number> {
  const parcel = system.ref(Parcel, "p-1");
  await system.transaction(async (tx) => {
    await tx.ref(parcel).pack("books");
    // @ts-expect-error inside a transaction everything is asked
    void tx.ref(parcel).tell;
  });
  return await system.transaction({ timeout: "5s" }, async (tx) => {
    void [tx.attempt + 1, tx.signal.aborted];
    return await tx.ref(Parcel, "p-2").pack("more books");
  });
}
