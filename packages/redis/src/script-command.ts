import { Command } from "ioredis";
import type { Script } from "./script.js";

/**
 * EVALSHA or EVAL, written to the socket as one string. A commit has thousands of arguments, and ioredis' own way, a
 * measured and concatenated piece per argument, costs the worker twice as much (docs/adr/0006).
 */
export class ScriptCommand extends Command {
  readonly #args: readonly string[];

  constructor(how: "evalsha" | "eval", { sha, text }: Script, keys: readonly string[], args: readonly string[]) {
    const head = [how === "eval" ? text : sha, String(keys.length), ...keys];
    // What ioredis knows of: it finds the node of a cluster by the keys.
    super(how, head, { replyEncoding: "utf8" });
    this.#args = [how, ...head, ...args];
  }

  override toWritable(): string {
    const text = encode(this.#args, (arg) => arg.length);
    // Nearly everything is ASCII, where characters are bytes; one look at the whole tells.
    return Buffer.byteLength(text) === text.length ? text : encode(this.#args, (arg) => Buffer.byteLength(arg));
  }
}

function encode(args: readonly string[], length: (arg: string) => number): string {
  const pieces = [`*${args.length}`];
  for (const arg of args) pieces.push(`$${length(arg)}`, arg);
  pieces.push("");
  return pieces.join("\r\n");
}
