import * as nodeModule from "node:module";
import * as hooks from "./hooks.js";
import type { Dialect } from "./transform.js";

/** From Node 22.15 on; there `module.register` is deprecated. */
type RegisterHooks = (hooks: Pick<typeof import("./hooks.js"), "resolve" | "load">) => void;

let installed: Dialect | undefined;

/**
 * Lets this process import TypeScript files, compiled in memory, with stack traces that show their lines.
 *
 * @throws an error when it was installed before for the other dialect: a process has one
 */
export function installLoader(dialect: Dialect): void {
  if (installed === dialect) return;
  if (installed) {
    throw new Error(`the loader runs with ${installed} decorators already, it cannot change to ${dialect}`);
  }
  installed = dialect;
  process.setSourceMapsEnabled(true);
  const registerHooks = (nodeModule as { registerHooks?: RegisterHooks }).registerHooks;
  if (registerHooks) {
    hooks.initialize({ dialect });
    registerHooks({ resolve: hooks.resolve, load: hooks.load });
  } else {
    nodeModule.register("./hooks.js", import.meta.url, { data: { dialect } });
  }
}
