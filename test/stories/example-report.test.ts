import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { finish } from "./cli-process.js";
import { places } from "./places.js";

const example = fileURLToPath(new URL("../../examples/report/dist/main.js", import.meta.url));

const lost: Readonly<Record<string, RegExp>> = {
  embedded: /lost {6}(w[123]) has its lock taken by an operator/,
  rabbitmq: /lost {6}(w[123]) is frozen \(SIGSTOP\) and holds the lock/,
};

it.each(places)(
  "P10: the example writes each report once, though its writers race and one loses its lock, in $name",
  {
    timeout: 60_000,
  },
  async ({ transport, env }) => {
    const { code, stdout, stderr } = await finish([example], { env: env() });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("race      12 calls of 3 writers want the report spring");
    expect(stdout).toMatch(/ w[123] wrote 5; 11 waited, and found it written\n/);
    const [, loser] = lost[transport]!.exec(stdout)!;
    const [, taker] = /taken {5}(w[123]) got the lock and added chapter 3, \d\.\d s later\n/.exec(stdout)!;
    expect(taker).not.toBe(loser);
    expect(stdout).toContain("was refused for its old fence: 412 Precondition Failed\n");
    expect(stdout).toMatch(new RegExp(`${loser} wrote 2`));
    expect(stdout).toMatch(new RegExp(`${taker} wrote 3`));
    expect(stdout).toContain("nothing was lost, nothing was written twice");
  },
);
