import type { ViewMember } from "../ports/membership.js";

/**
 * Which of the builds that run beside each other is how new: the newest is the one that came last, whatever it is called, so
 * that going back to an older build is a deploy like any other.
 *
 * @returns when the first living member of each build joined, in ms since 1970
 */
export function buildsByAge(members: readonly ViewMember[]): ReadonlyMap<string, number> {
  const firsts = new Map<string, number>();
  for (const { build, joinedAt } of members) firsts.set(build, Math.min(joinedAt, firsts.get(build) ?? joinedAt));
  return firsts;
}

/** Those of the members that run a newer build than this one. */
export function membersNewerThan(build: string, members: readonly ViewMember[]): ViewMember[] {
  const firsts = buildsByAge(members);
  const own = firsts.get(build) ?? Number.NEGATIVE_INFINITY;
  return members.filter((member) => member.build !== build && firsts.get(member.build)! > own);
}
