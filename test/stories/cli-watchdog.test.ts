import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { finish } from "./cli-process.js";

const require = createRequire(import.meta.url);
const watchdog = pathToFileURL(join(dirname(require.resolve("actor-runtime")), "watchdog.js")).href;

const script = (body: string) => [
  "--input-type=module",
  "-e",
  `import { startWatchdog } from ${JSON.stringify(watchdog)};\n${body}`,
];

it("ends a process whose event loop stands still with exit 70, and names the turn started last", async () => {
  const body = `const dog = startWatchdog(400); dog.running("Account/older, but longer"); dog.running("Account/ümläut");
    setImmediate(() => { for (;;); });`;
  const { code, stderr } = await finish(script(body), {});
  expect(code).toBe(70);
  expect(stderr).toContain("the turn started last is Account/ümläut.");
});

it("lets a process with a busy but turning event loop live, and end by itself", async () => {
  const body = `startWatchdog(2_000); let turns = 0;
    const spin = () => { const end = performance.now() + 20; while (performance.now() < end); if (++turns < 40) setImmediate(spin); };
    spin();`;
  expect(await finish(script(body), {})).toMatchObject({ code: 0, stderr: "" });
});
