import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const program = fileURLToPath(new URL("./fixtures/program.mjs", import.meta.url));

it("a program that only waits for a call sees its time-out, and ends once the system is closed", async () => {
  const { AMQP_URL: _, REDIS_URL: __, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, [program], { env, timeout: 20_000 });
  expect(stdout).toBe("TurnTimeoutError\nclosed\n");
});
