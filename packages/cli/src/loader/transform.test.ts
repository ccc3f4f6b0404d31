import { describe, expect, it } from "vitest";
import { transform } from "./transform.js";

const decorated = `
function mark(..._args: unknown[]): void {}
class Service {}
@mark class Actor { constructor(readonly service: Service) {} @mark work(amount: number): void {} }
`;

describe("the TypeScript compiler", () => {
  it("writes the types of constructor parameters for legacy decorators", () => {
    expect(transform(decorated, "/app/a.ts", "legacy")).toMatch(/"design:paramtypes", \[\s*typeof Service/);
  });

  it("compiles TC39 decorators, without metadata", () => {
    const code = transform(decorated, "/app/a.ts", "standard");
    expect(code).not.toContain("design:paramtypes");
    expect(code).toContain("_apply_decs");
  });

  it("adds a source map, so that stacks show the lines that were written", () => {
    expect(transform(decorated, "/app/a.ts", "legacy")).toContain("//# sourceMappingURL=data:application/json");
  });

  it("says file, line and reason of a syntax error in one line", () => {
    expect(() => transform("const a = 1;\nlet x: = 3;\n", "/app/a.ts", "legacy")).toThrow(
      expect.objectContaining({
        code: "ACTOR_SYNTAX",
        message: expect.stringMatching(/^\/app\/a\.ts:2: Unexpected token `=`[^\n]*$/),
      }),
    );
  });

  it("makes CommonJS of .cts files", () => {
    expect(transform("export const a: number = 1;", "/app/a.cts", "legacy")).toContain("exports");
  });
});
