import { Command } from "ioredis";
import { describe, expect, it } from "vitest";
import { script } from "./script.js";
import { ScriptCommand } from "./script-command.js";

const some = script("return 1");

describe("a script's command", () => {
  it.each([
    ["ASCII", ["a", "", "line\r\nbreak", "$5\r\n"]],
    ["any other text", ["ключ", "鍵🔑", "ä", "a", ""]],
  ])("is written as ioredis would write it: %s", (_, args) => {
    const theirs = new Command("evalsha", [some.sha, "1", "{a}k", ...args]);
    const ours = new ScriptCommand("evalsha", some, ["{a}k"], args);
    expect(ours.toWritable()).toBe(theirs.toWritable({}));
  });

  it("carries its text when the server does not know it", () => {
    const ours = new ScriptCommand("eval", some, [], []);
    expect(ours.toWritable()).toBe(new Command("eval", [some.text, "0"]).toWritable({}));
  });

  it("shows a cluster where it belongs", () => {
    const keys = ["{tag}a", "{tag}b"];
    expect(new ScriptCommand("evalsha", some, keys, ["{other}"]).getKeys()).toEqual(keys);
  });
});
