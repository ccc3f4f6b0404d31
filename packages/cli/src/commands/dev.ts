import { spawn } from "node:child_process";
import { once } from "node:events";
import { Command } from "commander";
import { addSettings } from "./options.js";
import { workerSettings } from "./worker-settings.js";

export function devCommand(): Command {
  const command = new Command("dev")
    .description("start, embedded, and start again whenever one of the files or what they import changes")
    .argument("[files...]", "as for start")
    .action(async () => {
      process.exitCode = await watch(process.argv);
    });
  return addSettings(command, workerSettings);
}

/**
 * Runs `start` with the same arguments under Node's own watcher, which knows what was imported and restarts it.
 *
 * @returns the exit code
 */
async function watch([node = process.execPath, main = "", ...given]: readonly string[]): Promise<number> {
  const at = given.indexOf("dev");
  const before = [
    ...given.slice(0, at),
    "start",
    "--check-queries",
    "--amqp-url=",
    "--redis-url=",
    "--lock-redis-urls=",
  ];
  const child = spawn(node, ["--watch", "--watch-preserve-output", main, ...before, ...given.slice(at + 1)], {
    stdio: "inherit",
    // Its own process group: a terminal's Ctrl-C would reach the worker twice, and two signals mean at once.
    detached: true,
  });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, forward);
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 0;
}
