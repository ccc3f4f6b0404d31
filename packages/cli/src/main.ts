/** The command line's process: the only place that ends it. */
import { endingOf } from "./exit.js";
import { program } from "./program.js";

// `actor-runtime actors ls Account | head` closes the pipe early.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

try {
  await program().parseAsync(process.argv);
} catch (error) {
  const { code, text } = endingOf(error, process.argv.includes("--json"));
  if (text) process.stderr.write(`${text}\n`);
  process.exitCode = code;
}
process.exit();
