/**
 * `node --import actor-runtime/register accounts.ts`: runs TypeScript with decorators and their metadata directly.
 * `ACTOR_DECORATORS=standard` chooses TC39 decorators.
 */
import { ConfigError } from "@actor-runtime/core";
import { installLoader } from "./loader/install.js";

const dialect = process.env["ACTOR_DECORATORS"] || "legacy";
if (dialect !== "legacy" && dialect !== "standard") {
  throw new ConfigError(`ACTOR_DECORATORS is "${dialect}"; write "legacy" (the default) or "standard"`);
}
installLoader(dialect);
