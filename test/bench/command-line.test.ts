import { describe, expect, it } from "vitest";
import { parseRequest, UsageError, usage } from "./command-line.js";

const known = ["embedded-ask", "activations"];

describe("npm run bench", () => {
  it("without words measures everything and writes no file", () => {
    expect(parseRequest([], known)).toEqual({ names: known, json: undefined, help: false });
  });

  it("with names measures those", () => {
    expect(parseRequest(["activations"], known).names).toEqual(["activations"]);
  });

  it("takes the file for JSON before or after the names", () => {
    expect(parseRequest(["--json", "a.json", "activations"], known)).toMatchObject({
      json: "a.json",
      names: ["activations"],
    });
    expect(parseRequest(["activations", "--json=a.json"], known)).toMatchObject({
      json: "a.json",
      names: ["activations"],
    });
  });

  it("answers an unknown name with the names there are", () => {
    expect(() => parseRequest(["activation", "embedded-ask"], known)).toThrow(
      new UsageError("no benchmark is named activation: there are embedded-ask, activations"),
    );
  });

  it.each([[["--jsn", "x"]], [["--json"]]])("refuses %j", (args) => {
    expect(() => parseRequest(args, known)).toThrow(UsageError);
  });

  it("explains itself with the names there are", () => {
    expect(parseRequest(["--help"], known).help).toBe(true);
    expect(usage(known)).toContain("embedded-ask, activations");
  });
});
