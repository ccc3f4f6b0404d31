import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { ActorSystem } from "actor-runtime";
import type { Archive, Chapter } from "./archive.js";
import { Catalogue } from "./catalogue.js";
import { type Outcome, titles } from "./write-report.js";
import type { Writer } from "./writer.js";

const callsPerWriter = 4;
const pollMs = 5;

interface Scene {
  readonly system: ActorSystem;
  readonly archive: Archive;
  readonly writers: readonly Writer[];
  readonly print: (line: string) => void;
}

/**
 * Has one report written by many at once, then another one whose writer loses its lock on the way.
 *
 * @returns whether the archive has every chapter of both once and in order, and the catalogue both reports once
 */
export async function tellStory(scene: Scene): Promise<boolean> {
  const { system, archive, print } = scene;
  const reports = ["spring", "summer"] as const;
  await race(scene, reports[0]);
  await lose(scene, reports[1]);

  const listed = await system.ref(Catalogue, "main").list();
  const written = reports.map((report) => archive.chapters(report).map(({ title }) => title));
  const right = isDeepStrictEqual({ listed, written }, { listed: reports, written: reports.map(() => titles) });
  const counts = written.map(({ length }) => length).join(" and ");
  print(`check     the archive has ${counts} chapters, the catalogue has ${listed.join(" and ")}`);
  print(`          ${right ? "nothing was lost, nothing was written twice" : "THAT IS WRONG"}`);
  return right;
}

async function race({ writers, print }: Scene, report: string): Promise<void> {
  const calls = writers.length * callsPerWriter;
  print(
    `race      ${calls} calls of ${writers.length} writers want the report ${report}, of ${titles.length} chapters`,
  );
  const racing = Array.from({ length: callsPerWriter }, () => writers.map((writer) => writer.write(report)));
  const outcomes = await Promise.all(racing.flat());
  const wrote = outcomes.filter((outcome) => outcome.wrote > 0);
  const found = outcomes.length - wrote.length;
  print(`          ${wrote.map(wroteHowMany).join(", ")}; ${found} waited, and found it written`);
}

async function lose({ archive, writers, print }: Scene, report: string): Promise<void> {
  const writing = writers.map((writer) => writer.write(report));
  const { by } = await appended(archive, report, 2);
  const holder = writers.find(({ id }) => id === by)!;
  print(`lost      ${by} ${await holder.lose(report)}`);
  print(`          it has added 2 chapters of the report ${report}`);
  const lostAt = performance.now();
  const next = await appended(archive, report, 3);
  print(`taken     ${next.by} got the lock and added chapter 3, ${seconds(performance.now() - lostAt)} later`);
  print(`late      ${by} ${holder.goOn()}`);
  const outcomes = await Promise.all(writing);
  for (const outcome of outcomes.filter(({ refused }) => refused !== undefined)) {
    print(`          its chapter 3 was refused for its old fence: ${outcome.refused}`);
  }
  print(`          ${outcomes.map(wroteHowMany).join(", ")}`);
}

/** The last chapter, once there are so many. */
async function appended(archive: Archive, report: string, count: number): Promise<Chapter> {
  while (archive.chapters(report).length < count) await delay(pollMs);
  return archive.chapters(report).at(-1)!;
}

function wroteHowMany({ by, wrote }: Outcome): string {
  return `${by} wrote ${wrote}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
