import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { cycles } from "./architecture/cycles.js";
import { type Arrows, importViolations } from "./architecture/imports.js";
import { packageViolations } from "./architecture/packages.js";
import { readTree } from "./architecture/read-tree.js";
import {
  compiledViolations,
  leakViolations,
  lockfileViolations,
  topLevelViolations,
} from "./architecture/repository.js";
import { manifestAt, workspacesOf } from "./architecture/workspace.js";

const adapter = ["packages/core"];

/** Who may import whom. A pure core decides, adapters and the runtime know only it, the command line brings them together. */
const arrows: Arrows = {
  "packages/core": [],
  "packages/runtime": adapter,
  "packages/embedded": adapter,
  "packages/rabbitmq": adapter,
  "packages/redis": adapter,
  "packages/bullmq": adapter,
  "packages/typedi": adapter,
  "packages/otel": adapter,
  "packages/testing": ["packages/core", "packages/runtime", "packages/embedded", "packages/typedi"],
  "packages/cli": [
    "packages/core",
    "packages/runtime",
    "packages/embedded",
    "packages/rabbitmq",
    "packages/redis",
    "packages/bullmq",
    "packages/typedi",
    "packages/otel",
    "packages/testing",
  ],
  "examples/*": ["packages/cli"],
  test: "any",
};

const topLevel = [
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "turbo.json",
  "packages",
  "examples",
  "infra",
  "test",
  "docs",
].concat(["README.md", "LICENSE"]);

const tree = readTree(fileURLToPath(new URL("..", import.meta.url)));
const workspaces = workspacesOf(tree);

describe("the architecture", () => {
  it("has no import, dependency or global against the arrows", () => {
    const testTools = new Set(Object.keys(manifestAt(tree, "package.json").devDependencies ?? {}));
    expect(importViolations(workspaces, { arrows, pure: ["packages/core"], testTools })).toEqual([]);
  });

  it("has no import cycle between files", () => {
    expect(workspaces.flatMap(({ files }) => cycles(files))).toEqual([]);
  });

  it("lists every public name in an index.ts that opens with its layout, in packages of one version", () => {
    expect(packageViolations(workspaces)).toEqual([]);
  });

  it("keeps the top level to its fixed list", () => {
    expect(topLevelViolations(tree, topLevel)).toEqual([]);
  });

  it("names no machine's path and no registry's host", () => {
    expect(leakViolations(tree)).toEqual([]);
  });

  it("has no compiled file beside its source", () => {
    expect(compiledViolations(tree)).toEqual([]);
  });

  it("locks optional packages of every platform, as npm ci asks", () => {
    expect(lockfileViolations(tree)).toEqual([]);
  });
});
