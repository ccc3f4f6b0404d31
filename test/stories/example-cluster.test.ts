import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { finish } from "./cli-process.js";
import { real } from "./places.js";

const example = fileURLToPath(new URL("../../examples/cluster/dist/main.js", import.meta.url));

it("the example with three workers loses nothing when one is killed, and shows what moved", {
  timeout: 60_000,
}, async () => {
  const { code, stdout, stderr } = await finish([example], { env: real.env() });
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/3 workers share the 16 partitions of Counter: w1 has [56], w2 has [56], w3 has [56]\n/);
  const [, killed] = /w3 under load: partitions ([\d, ]+) have no worker/.exec(stdout)!;
  const [, moved] = /partitions: ((?:\d+ to w[12](?:, )?)+)\n/.exec(stdout)!;
  expect(moved!.split(", ").map((move) => move.split(" ")[0])).toEqual(killed!.split(", "));
  expect(stdout).toContain("2 workers share the partitions: w1 has 8, w2 has 8\n");
  expect(stdout).toMatch(/gap {7}\d\.\d\d s without an answer from what moved, \d\.\d\d s from the rest\n/);
  expect(stdout).toContain("nothing was lost, nothing was counted twice");
});

it("the example with three workers says what it needs when it has neither RabbitMQ nor Redis", async () => {
  expect(await finish([example], {})).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("set AMQP_URL and REDIS_URL"),
  });
});
