import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Benchmark } from "./benchmark.js";

/** Heap held by one activation that waits for its next message, with 100 bytes of state, and by what the embedded store has of it. */
export const activations: Benchmark = {
  name: "activations",
  unit: "B",
  target: { atMost: 1_500 },
  run: async () => ({ value: await bytesPerActivation() }),
};

/** Measures in a process of its own: only there can the garbage collector be told when to run, on a heap without other figures. */
async function bytesPerActivation(): Promise<number> {
  const path = fileURLToPath(new URL("./activations-process.js", import.meta.url));
  const child = fork(path, { execArgv: ["--expose-gc"], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const [answer] = (await Promise.race([once(child, "message"), ended(child)])) as [unknown];
  if (typeof answer !== "number") throw new Error(`activations-process.js answered ${String(answer)}, not a number`);
  return answer;
}

async function ended(child: ReturnType<typeof fork>): Promise<never> {
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  throw new Error(`activations-process.js ended without an answer (${signal ?? `exit code ${code}`})`);
}
