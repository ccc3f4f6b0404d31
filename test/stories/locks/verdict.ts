import { type HeldTry, isHeld, processOf, type Try } from "./journal.js";

/** What a busy machine may take on top, in ms. */
const noiseMs = 250;
/** Requests further apart than this were made one after the other, whatever way they took. */
const clearlyMs = 100;

/**
 * What is wrong with how a story's locks were held and waited for, in words.
 *
 * @param struck processes that were killed or frozen: they cannot know what time it is, nor be on time
 */
export function complaints(tries: readonly Try[], struck: ReadonlySet<string>): string[] {
  const steady = tries.filter(({ client }) => !struck.has(processOf(client)));
  return [
    ...[...byName(tries.filter(isHeld))].flatMap(([name, held]) => wrongFences(name, held)),
    ...[...byName(steady.filter(isHeld))].flatMap(([name, held]) => overlaps(name, held)),
    ...steady.flatMap(wrongWait),
  ];
}

/**
 * Who got a lock before somebody who had clearly asked earlier, in words.
 *
 * @returns besides, how many pairs could be compared: with none it says nothing
 */
export function overtakings(tries: readonly Try[]): { readonly complaints: string[]; readonly compared: number } {
  const wrong: string[] = [];
  let compared = 0;
  for (const [name, held] of byName(tries.filter(isHeld))) {
    for (const first of held) {
      for (const second of held) {
        // Whoever had left the queue when the other came was not to be overtaken.
        if (second.asked - first.asked <= clearlyMs + first.stallMs || second.asked > first.end.got) continue;
        compared += 1;
        if (second.end.fence < first.end.fence) {
          const earlier = Math.round(second.asked - first.asked);
          wrong.push(`${name}: ${second.client} got it before ${first.client}, who had asked ${earlier} ms earlier`);
        }
      }
    }
  }
  return { complaints: wrong, compared };
}

function wrongFences(name: string, held: readonly HeldTry[]): string[] {
  const wrong: string[] = [];
  const inOrder = held.toSorted((a, b) => a.end.fence - b.end.fence);
  inOrder.slice(1).forEach((second, index) => {
    const first = inOrder[index]!;
    if (second.end.fence === first.end.fence) {
      wrong.push(`${name}: ${first.client} and ${second.client} both had fence ${first.end.fence}`);
    } else if (second.end.ended < first.asked) {
      wrong.push(`${name}: the fence fell to ${first.end.fence} when ${first.client} came after ${second.client}`);
    }
  });
  return wrong;
}

function overlaps(name: string, held: readonly HeldTry[]): string[] {
  const inOrder = held.toSorted((a, b) => a.end.got - b.end.got);
  return inOrder.slice(1).flatMap((second, index) => {
    const first = inOrder[index]!;
    if (first.end.ended <= second.end.got || first.end.lost) return [];
    return `${name}: ${second.client} had it ${(first.end.ended - second.end.got).toFixed(1)} ms before ${first.client} left`;
  });
}

function wrongWait({ client, name, asked, waitMs, stallMs, end }: Try): string[] {
  const waited = (end.is === "held" ? end.got : end.ended) - asked;
  if (waited <= waitMs + stallMs + noiseMs) return [];
  return [`${name}: ${client} waited for ${Math.round(waited)} ms, and its deadline was after ${waitMs} ms`];
}

function byName(held: readonly HeldTry[]): ReadonlyMap<string, readonly HeldTry[]> {
  const names = new Map<string, HeldTry[]>();
  for (const one of held) {
    const known = names.get(one.name);
    if (known === undefined) names.set(one.name, [one]);
    else known.push(one);
  }
  return names;
}
