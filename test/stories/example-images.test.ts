import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { finish } from "./cli-process.js";
import { real } from "./places.js";

const example = fileURLToPath(new URL("../../examples/images/dist/main.js", import.meta.url));

it("the example with a slow worker gives it less work where workers take what they have room for, and all wait less", {
  timeout: 60_000,
}, async () => {
  const { code, stdout, stderr } = await finish([example], { env: real.env() });
  expect([code, stderr]).toEqual([0, ""]);
  const [leastBusy, inTurn] = ["least-busy", "round-robin"].map((balance) => {
    const row = new RegExp(`^${balance} +(\\d+) +(\\d+) +(\\d+) +(\\d+) ms +(\\d+) ms$`, "m").exec(stdout)!;
    const [w1, w2, w3, p50, p99] = row.slice(1).map(Number);
    return { workers: [w1!, w2!, w3!], p50: p50!, p99: p99! };
  });
  for (const { workers } of [leastBusy!, inTurn!]) expect(workers.reduce((sum, made) => sum + made)).toBe(200);
  const [w1, w2, slow] = leastBusy!.workers;
  expect(slow).toBeLessThan(Math.min(w1!, w2!));
  expect(Math.min(...inTurn!.workers)).toBeGreaterThan(60);
  expect(leastBusy!.p99).toBeLessThan(inTurn!.p99);
});
