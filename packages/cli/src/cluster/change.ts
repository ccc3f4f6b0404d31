import type { View, ViewMember } from "@actor-runtime/core";
import { UsageError } from "../exit.js";

/** Workers to imagine, or to imagine away. */
export interface Change {
  readonly add: readonly { readonly id: string; readonly weight: number }[];
  readonly remove: readonly string[];
}

/** @param text `name` or `name=weight` @throws UsageError */
export function parseAdded(text: string): Change["add"][number] {
  const [, id, weight = "1"] = /^([^=\s]+)(?:=(\d*\.?\d+))?$/.exec(text) ?? [];
  if (id === undefined || !(Number(weight) > 0 && Number(weight) <= 100)) {
    throw new UsageError(
      `--add is ${JSON.stringify(text)} and must be a name, or name=weight with a weight of up to 100`,
    );
  }
  return { id, weight: Number(weight) };
}

/**
 * The view as it would be. Added workers host every type and run the build of the last to join, as those of a scale-out do.
 * A name that is both removed and added gets its new weight.
 *
 * @throws UsageError when a worker to remove is not there, or one to add is
 */
export function changedView(view: View, { add, remove }: Change, types: readonly string[]): View {
  const ids = view.members.map(({ id }) => id);
  const absent = remove.find((id) => !ids.includes(id));
  if (absent !== undefined) {
    throw new UsageError(`--remove ${absent}: there is no such worker; alive: ${ids.join(", ") || "nobody"}`);
  }
  const left = view.members.filter(({ id }) => !remove.includes(id));
  const taken = add.find(({ id }, index) => [...left, ...add.slice(0, index)].some((member) => member.id === id));
  if (taken) {
    throw new UsageError(
      `--add ${taken.id}: there is a worker of this name already; add --remove ${taken.id} to change its weight`,
    );
  }
  const last = view.members.toSorted((a, b) => b.joinedAt - a.joinedAt)[0];
  const added = add.map(
    ({ id, weight }): ViewMember => ({
      id,
      incarnation: `imagined-${id}`,
      types,
      weight,
      build: last?.build ?? "",
      state: "ready",
      joinedAt: last?.joinedAt ?? 0,
    }),
  );
  return { version: view.version + 1, members: [...left, ...added].toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
}
