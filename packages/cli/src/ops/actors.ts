import { formatAddress, toWire } from "@actor-runtime/core";
import { type ActorSystem, HttpError } from "@actor-runtime/runtime";

/** The most actors one answer lists; a prefix finds the others. */
const pageSize = 1_000;

/** `GET /api/actors`: what this worker hosts, then the types that only others host or hosted; `pools` are its stateless types. */
export async function listTypes(system: ActorSystem): Promise<Response> {
  const { workerId, namespace, transport, types: hosted, pools } = system.describe();
  const others = (await system.actors.types()).filter(({ name }) => !hosted.some((here) => here.name === name));
  return Response.json({ workerId, namespace, transport, types: [...hosted, ...others], pools });
}

/** `GET /api/actors/<Type>?prefix=`: actors with stored state; `more` says that the page is full. */
export async function listActors(system: ActorSystem, type: string, prefix: string): Promise<Response> {
  const actors = [];
  for await (const actor of system.actors.list(type, { prefix })) {
    if (actors.length === pageSize) return Response.json({ actors, more: true });
    actors.push(actor);
  }
  return Response.json({ actors, more: false });
}

/** `GET /api/actors/<Type>/<key>`: committed state by field, in wire form, and its reminders. */
export async function showActor(system: ActorSystem, type: string, key: string): Promise<Response> {
  const address = formatAddress(type, key);
  const state = await system.actors.read(address);
  if (!state) throw new HttpError(404, "NOTHING_STORED", `nothing is stored for ${address}`);
  const reminders = [];
  for await (const reminder of system.reminders.list({ address })) reminders.push(reminder);
  return Response.json({ address, state: toWire(state, "state"), at: Date.now(), reminders });
}

/** `DELETE /api/actors/<Type>/<key>`: removes all that is stored and reports the dead letters that remain. */
export async function eraseActor(system: ActorSystem, type: string, key: string): Promise<Response> {
  const address = formatAddress(type, key);
  return Response.json({ address, ...(await system.actors.erase(address)) });
}
