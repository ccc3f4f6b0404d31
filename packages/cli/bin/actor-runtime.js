#!/usr/bin/env node
// Committed, so that npm links the command at install time, before `dist` is built.
import { existsSync } from "node:fs";

const main = new URL("../dist/main.js", import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write("actor-runtime is not built yet: run `npm run build` first\n");
  process.exitCode = 1;
}
