import { checkType, InvalidAddressError, parseAddress } from "@actor-runtime/core";
import { Command } from "commander";
import { UsageError } from "../exit.js";
import { addApiSettings, withApi } from "./api.js";
import { printJson } from "./json.js";
import { wantsJson } from "./options.js";

export function pauseCommand(): Command {
  return holding("pause", "PUT", "stop the turns of a type or of one actor on all workers; messages wait");
}

export function resumeCommand(): Command {
  return holding("resume", "DELETE", "let a paused type or actor go on with what waits");
}

function holding(name: string, method: "PUT" | "DELETE", about: string): Command {
  const command = new Command(name)
    .description(about)
    .argument(method === "PUT" ? "[target]" : "<target>", "Type or Type/key; pause without one lists what is paused")
    .action(async (target: string | undefined) => {
      const path = target === undefined ? [] : pathOf(target);
      const answer = await withApi(command, (api) =>
        api.json(target === undefined ? "GET" : method, ["paused", ...path]),
      );
      if (wantsJson(command)) return printJson(answer);
      const { paused } = answer as { paused: readonly string[] };
      process.stdout.write(`paused now: ${paused.join(", ") || "nothing"}\n`);
    });
  return addApiSettings(command);
}

/** @throws UsageError when it is neither a type nor an address */
function pathOf(target: string): string[] {
  try {
    if (target.includes("/")) {
      const { type, key } = parseAddress(target);
      return [type, key];
    }
    checkType(target);
    return [target];
  } catch (error) {
    if (error instanceof InvalidAddressError) throw new UsageError(error.message);
    throw error;
  }
}
