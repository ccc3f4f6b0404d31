import { describe, expect, it } from "vitest";
import { parseRequest, UsageError } from "./command-line.js";

const all = Number.MAX_SAFE_INTEGER;

describe("the command line of the simulator", () => {
  it.each([
    [[], { from: 1, seeds: 1_000, minutes: Number.POSITIVE_INFINITY }],
    [["--seeds", "20", "--from", "7"], { from: 7, seeds: 20 }],
    [["--seed", "42", "--rewinds"], { from: 42, seeds: 1, rewinds: true }],
    [["--minutes", "0.5"], { from: 1, seeds: all, minutes: 0.5 }],
    [["--minutes", "2", "--seeds", "9"], { seeds: 9, minutes: 2 }],
    [["--json"], { json: true }],
    [["--help"], { help: true }],
  ])("takes %j", (args, request) => {
    expect(parseRequest(args)).toMatchObject(request);
  });

  it.each([
    [["--sedes", "1"], "--sedes"],
    [["--seeds", "many"], "--seeds"],
    [["--seeds", "1.5"], "--seeds"],
    [["--from", "-1"], "--from"],
    [["--seed", "1", "--seeds", "2"], "--seed"],
    [["7"], "7"],
  ])("refuses %j and names what is wrong", (args, named) => {
    expect(() => parseRequest(args)).toThrow(UsageError);
    expect(() => parseRequest(args)).toThrow(named);
  });
});
