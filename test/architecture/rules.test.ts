import { describe, expect, it } from "vitest";
import { cycles } from "./cycles.js";
import { importViolations } from "./imports.js";
import { packageViolations } from "./packages.js";
import { compiledViolations, leakViolations, lockfileViolations, topLevelViolations } from "./repository.js";
import { parseSource } from "./source-file.js";
import { type Tree, workspacesOf } from "./workspace.js";

const door = { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } };
const layout = "/** # Layout */\n";

/** Two packages, `low` below `high`, and an example; `files` are laid over them. */
function tree(files: Record<string, string> = {}): Tree {
  return new Map(
    Object.entries({
      "packages/low/package.json": JSON.stringify({ name: "@x/low", version: "1.0.0", exports: door }),
      "packages/low/src/index.ts": `${layout}export const low = 1;`,
      "packages/high/package.json": JSON.stringify({
        name: "@x/high",
        version: "1.0.0",
        exports: door,
        dependencies: { "@x/low": "*" },
      }),
      "packages/high/src/index.ts": `${layout}export { low } from "@x/low";`,
      "examples/hello/package.json": JSON.stringify({ name: "@x/hello", dependencies: { "@x/high": "*" } }),
      "examples/hello/hello.ts": 'import { low } from "@x/high";',
      ...files,
    }),
  );
}

function imports(files?: Record<string, string>): readonly string[] {
  return importViolations(workspacesOf(tree(files)), {
    arrows: { "packages/low": [], "packages/high": ["packages/low"], "examples/*": ["packages/high"], test: "any" },
    pure: ["packages/low"],
    testTools: new Set(["vitest"]),
  });
}

describe("the arrows", () => {
  it("are satisfied by imports along them", () => {
    expect(imports()).toEqual([]);
  });

  it.each([
    ["a static import", 'import { x } from "@x/high";'],
    ["an import for its effect", 'import "@x/high";'],
    ["a type import", 'import type { X } from "@x/high";'],
    ["a type named by import()", 'export let x: import("@x/high").X;'],
    ["a dynamic import", 'export const x = await import("@x/high");'],
    ["a re-export", 'export { x } from "@x/high";'],
    ["a re-export of everything", 'export * from "@x/high";'],
    ["an import = require", 'import x = require("@x/high");'],
  ])("refuse %s against them", (_, source) => {
    expect(imports({ "packages/low/src/up.ts": source })).toEqual([
      "packages/low/src/up.ts imports @x/high, which the arrows of packages/low do not allow",
    ]);
  });

  it("do not take a comment or a string for an import", () => {
    expect(
      imports({ "packages/low/src/up.ts": `// import "@x/high";\nexport const text = 'import "@x/high"';` }),
    ).toEqual([]);
  });

  it("refuse a declared dependency against them, imported or not", () => {
    const manifest = JSON.stringify({ name: "@x/low", exports: door, dependencies: { "@x/high": "*" } });
    expect(imports({ "packages/low/package.json": manifest })).toEqual([
      "packages/low/package.json depends on @x/high, which its arrows do not allow",
    ]);
  });

  it("refuse a package they do not name", () => {
    expect(imports({ "packages/new/package.json": JSON.stringify({ name: "@x/new" }) })).toEqual([
      "packages/new is not in the arrows: say there what it may import",
    ]);
  });

  it("refuse an import that package.json does not declare", () => {
    expect(imports({ "packages/high/src/io.ts": 'import amqp from "amqplib/callback_api";' })).toEqual([
      "packages/high/src/io.ts imports amqplib, which packages/high/package.json does not list in dependencies",
    ]);
  });

  it("lend the root's tools to tests only", () => {
    const source = 'import { it } from "vitest";';
    expect(imports({ "packages/high/src/a.test.ts": source })).toEqual([]);
    expect(imports({ "packages/high/src/a.ts": source })).toHaveLength(1);
  });

  it("let the test workspace import every package", () => {
    expect(
      imports({
        "test/package.json": JSON.stringify({ name: "@x/test", dependencies: { "@x/low": "*" } }),
        "test/a.ts": 'import "@x/low";',
      }),
    ).toEqual([]);
  });

  it("refuse to enter a package beside its exports", () => {
    expect(imports({ "packages/high/src/deep.ts": 'import { low } from "@x/low/dist/index.js";' })).toEqual([
      "packages/high/src/deep.ts imports @x/low/dist/index.js: packages/low/package.json does not export it",
    ]);
  });

  it("refuse a relative import of another package", () => {
    expect(imports({ "packages/high/src/near.ts": 'import { low } from "../../low/src/index.js";' })).toEqual([
      "packages/high/src/near.ts leaves its package by ../../low/src/index.js: import the package by name",
    ]);
  });
});

describe("a pure package", () => {
  it.each([
    "Date.now()",
    "new Date()",
    "Math.random()",
    "setTimeout(f, 1)",
    "process.env",
    "performance.now()",
    "globalThis.x",
  ])("may not say %s", (code) => {
    expect(imports({ "packages/low/src/impure.ts": `export const x = ${code};` })).toHaveLength(1);
  });

  it("may not import Node's modules, with or without their prefix", () => {
    expect(imports({ "packages/low/src/io.ts": 'import "node:fs";\nimport "crypto";' })).toHaveLength(2);
  });

  it("may make dates of numbers and use the words as names", () => {
    const source =
      "export const x = (at: number, a: { process: number }) => ({ date: new Date(at), process: a.process, n: Math.max(1, 2) });";
    expect(imports({ "packages/low/src/pure.ts": source })).toEqual([]);
  });

  it("may be tested with anything", () => {
    expect(imports({ "packages/low/src/a.test.ts": 'import "node:fs";\nDate.now();' })).toEqual([]);
  });

  it("is the only one held to that", () => {
    expect(imports({ "packages/high/src/io.ts": 'import "node:fs";\nDate.now();' })).toEqual([]);
  });
});

describe("import cycles", () => {
  const file = (path: string, ...modules: string[]) =>
    parseSource(path, modules.map((module) => `import "${module}";`).join("\n"));

  it("are found through any number of files and folders", () => {
    const files = [
      file("src/a.ts", "./deep/b.js"),
      file("src/deep/b.ts", "../c.js"),
      file("src/c.ts", "./a.js", "./d.js"),
      file("src/d.ts"),
    ];
    expect(cycles(files)).toEqual(["src/a.ts → src/deep/b.ts → src/c.ts → src/a.ts"]);
  });

  it("count when they consist of types", () => {
    const files = [
      parseSource("a.ts", 'import type { B } from "./b.js";'),
      parseSource("b.ts", 'export type A = import("./a.js").A;'),
    ];
    expect(cycles(files)).toEqual(["a.ts → b.ts → a.ts"]);
  });

  it("are not seen where two files share a third", () => {
    expect(cycles([file("a.ts", "./b.js", "./c.js"), file("b.ts", "./c.js"), file("c.ts")])).toEqual([]);
  });
});

describe("a package", () => {
  const violations = (files?: Record<string, string>) => packageViolations(workspacesOf(tree(files)));

  it("has an index that opens with its layout", () => {
    expect(violations()).toEqual([]);
    expect(violations({ "packages/low/src/index.ts": "export const low = 1; // # Layout" })).toHaveLength(1);
  });

  it("has an index", () => {
    expect(violations({ "packages/new/package.json": JSON.stringify({ name: "@x/new", version: "1.0.0" }) })).toEqual([
      "packages/new/src/index.ts is missing",
    ]);
  });

  it("lists its public names at every entry point", () => {
    const files = {
      "packages/high/src/index.ts": `${layout}export * from "@x/low";`,
      "packages/high/src/inner.ts": 'export * from "@x/low";',
    };
    expect(violations(files)).toEqual([
      "packages/high/src/index.ts has export *: a public name is listed where it becomes public",
    ]);
  });

  it("has the version and the engines of the others", () => {
    const manifest = JSON.stringify({ name: "@x/low", version: "1.0.1", exports: door });
    expect(violations({ "packages/low/package.json": manifest })).toHaveLength(1);
  });
});

describe("the repository", () => {
  it("has only known names at its top level", () => {
    const files = new Map([
      ["packages/a.ts", ""],
      [".gitignore", ""],
      ["scripts/a.ts", ""],
    ]);
    expect(topLevelViolations(files, ["packages"])).toEqual([
      "scripts is at the top level, where only packages and dot-files are",
    ]);
  });

  it.each([
    ["", "home", "someone", "app"].join("/"),
    `see ${["", "work", "main"].join("/")}`,
    ["registry", "npmjs", "org"].join("."),
  ])("may not say %s", (leak) => {
    expect(leakViolations(new Map([["a.md", `fine\n${leak}`]]))).toHaveLength(1);
  });

  it("may use such words in other senses", () => {
    expect(
      leakViolations(new Map([["a.md", ["https://example.com/home/page and ./wor", "k/items"].join("")]])),
    ).toEqual([]);
  });

  it("has no compiled file beside its source", () => {
    const files = new Map([
      ["bin/run.js", ""],
      ["src/a.ts", ""],
      ["src/a.js", ""],
    ]);
    expect(compiledViolations(files)).toEqual([
      "src/a.js is compiled beside its source: delete it, and build with the package's tsconfig.json",
    ]);
  });

  it("locks optional packages of every platform", () => {
    const lock = (...locked: string[]) => {
      const tool = { optionalDependencies: { "@tool/linux": "1.0.0", "@tool/mac": "1.0.0" } };
      const packages = { "node_modules/tool": tool, ...Object.fromEntries(locked.map((path) => [path, {}])) };
      return new Map([["package-lock.json", JSON.stringify({ packages })]]);
    };
    expect(lockfileViolations(lock("node_modules/@tool/linux", "node_modules/tool/node_modules/@tool/mac"))).toEqual(
      [],
    );
    expect(lockfileViolations(lock("node_modules/@tool/linux"))).toEqual([
      "package-lock.json lacks @tool/mac, an optional dependency of node_modules/tool",
    ]);
  });
});
