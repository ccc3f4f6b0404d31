import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { finish } from "./cli-process.js";
import { places } from "./places.js";

const example = fileURLToPath(new URL("../../examples/reminders/dist/main.js", import.meta.url));

const outages: Readonly<Record<string, readonly [begins: string, ends: string]>> = {
  embedded: ["operators pause all subscriptions", "operators resume them"],
  rabbitmq: ["the only worker is killed", "the worker is started again"],
};

it.each(places)(
  "P1: the example renews a subscription once for each month, also for those in which nobody served it, in $name",
  { timeout: 60_000 },
  async ({ transport, env }) => {
    const { code, stdout } = await finish([example], { env: env() });
    expect([code, stdout]).toEqual([0, expect.stringContaining("none was lost, none came twice\n")]);
    const [begins, ends] = outages[transport]!;
    const [, before, after] = new RegExp(`^(.*) ${begins}.*\n(.* ${ends}.*)$`, "s").exec(stdout)!;
    expect(before).toMatch(/ subscribed {2}to basic\n.* renewed {5}month 1, basic\n/s);
    expect(after).toMatch(/ renewed {5}month 3, (basic|premium), which was due at \d\.\d s\n/);
    expect(after!.match(/ plan {8}now premium/g)).toHaveLength(1);
    expect(after).toMatch(/ renewed {5}month \d+, premium\n.* cancelled/s);
    expect(stdout).toContain("left      @statement:");
  },
);
