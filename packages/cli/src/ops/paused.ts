import type { ActorAdmin } from "@actor-runtime/runtime";

/** What the routes below need of a system. */
interface Pausable {
  readonly actors: Pick<ActorAdmin, "pause" | "resume" | "paused">;
}

/** `GET /api/paused`: types and addresses that are paused. */
export async function listPaused({ actors }: Pausable): Promise<Response> {
  return Response.json({ paused: await actors.paused() });
}

/** `PUT /api/paused/<Type>[/<key>]`: stops their turns. */
export async function pause({ actors }: Pausable, target: string): Promise<Response> {
  return Response.json({ paused: await actors.pause(target) });
}

/** `DELETE /api/paused/<Type>[/<key>]`: lets them go on. */
export async function resume({ actors }: Pausable, target: string): Promise<Response> {
  return Response.json({ paused: await actors.resume(target) });
}
