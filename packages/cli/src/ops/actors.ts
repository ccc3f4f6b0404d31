import { formatAddress, toWire, UnknownTypeError } from "@actor-runtime/core";
import { type ActorSystem, HttpError } from "@actor-runtime/runtime";

/** The most actors one answer lists; a prefix finds the others. */
const pageSize = 1_000;

/** `GET /api/actors`: what this worker hosts. */
export function listTypes(system: ActorSystem): Response {
  const { workerId, namespace, transport, types } = system.describe();
  return Response.json({ workerId, namespace, transport, types });
}

/** `GET /api/actors/<Type>?prefix=`: actors with stored state; `more` says that the page is full. */
export async function listActors(system: ActorSystem, type: string, prefix: string): Promise<Response> {
  checkHosted(system, type);
  const actors = [];
  for await (const actor of system.actors.list(type, { prefix })) {
    if (actors.length === pageSize) return Response.json({ actors, more: true });
    actors.push(actor);
  }
  return Response.json({ actors, more: false });
}

/** `GET /api/actors/<Type>/<key>`: committed state by field, in wire form. */
export async function showActor(system: ActorSystem, type: string, key: string): Promise<Response> {
  checkHosted(system, type);
  const address = formatAddress(type, key);
  const state = await system.actors.read(address);
  if (!state) throw new HttpError(404, "NOTHING_STORED", `nothing is stored for ${address}`);
  return Response.json({ address, state: toWire(state, "state") });
}

/** `DELETE /api/actors/<Type>/<key>`: removes all that is stored and reports the dead letters that remain. */
export async function eraseActor(system: ActorSystem, type: string, key: string): Promise<Response> {
  checkHosted(system, type);
  const address = formatAddress(type, key);
  return Response.json({ address, ...(await system.actors.erase(address)) });
}

function checkHosted(system: ActorSystem, type: string): void {
  const names = system.describe().types.map(({ name }) => name);
  if (!names.includes(type)) {
    throw new UnknownTypeError(`there is no actor type "${type}"; this worker hosts ${names.join(", ") || "none"}`);
  }
}
