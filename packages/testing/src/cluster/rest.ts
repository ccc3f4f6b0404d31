import { type Mailbox, partitionsOf } from "@actor-runtime/core";
import type { EmbeddedWorld } from "@actor-runtime/embedded";
import type { Programs } from "./programs.js";

/** Why the cluster is not at rest: a message is on its way, or a running process has something to do. */
export function unsettled(world: EmbeddedWorld, programs: Programs): string | undefined {
  const backlog = world.backlog();
  if (backlog.length > 0) return `messages wait in ${backlog.join(", ")}`;
  for (const { process, system } of programs) {
    if (process.state === "running" && !system.idle) return `${process.name} has something left to do`;
  }
  return undefined;
}

/** Why the partitions are not where they belong: a worker has no part in them, or one is not with its owner. */
export function misplaced(world: EmbeddedWorld, programs: Programs, mailboxes: Iterable<Mailbox>): string | undefined {
  const members = new Set(world.view().members.flatMap(({ id, state }) => (state === "ready" ? id : [])));
  const serving = new Set<string | undefined>();
  for (const { process, worker } of programs) {
    const { name, state, cutOff } = process;
    if (!worker || state !== "running" || cutOff) continue;
    if (!members.has(name)) return `${name} is not among the workers`;
    serving.add(name);
  }
  for (const mailbox of mailboxes) {
    const owners = world.placementOf(mailbox.name)?.owners ?? [];
    const stray = partitionsOf(mailbox).find((id, index) => {
      return !serving.has(owners[index]) || owners[index] !== world.holderOf(id);
    });
    if (stray !== undefined) return `${stray} is not with a worker that can serve it`;
  }
  return undefined;
}
