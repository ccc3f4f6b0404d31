import { parseSync } from "vite";

/** What the house rules want to know of one TypeScript file. */
export interface SourceFile {
  readonly path: string;
  /** Every module named by an import of any kind: static, dynamic, `import type`, `import("x").Y`, `export … from`. */
  readonly imports: readonly string[];
  /** Text of the comment the file opens with, empty when it opens with code. */
  readonly opening: string;
  /** True when some `export *` passes on names that the file does not list. */
  readonly exportsAll: boolean;
  /** What it uses of the world outside the language: `Date.now`, `setTimeout`, …, in the order of use. */
  readonly impurities: readonly string[];
}

/** Names that Node or a browser adds to the language. */
const hostGlobals = new Set([
  "Buffer",
  "clearImmediate",
  "clearInterval",
  "clearTimeout",
  "console",
  "crypto",
  "fetch",
  "global",
  "globalThis",
  "performance",
  "process",
  "queueMicrotask",
  "require",
  "setImmediate",
  "setInterval",
  "setTimeout",
]);

/** Members of the language itself that are not functions of their arguments. */
const impureMembers = new Set(["Date.now", "Math.random"]);

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** @throws Error naming the file when it is not valid TypeScript */
export function parseSource(path: string, text: string): SourceFile {
  const { program, comments, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);

  const imports: string[] = [];
  const impurities: string[] = [];
  let exportsAll = false;
  visit(program, undefined, (node, parent) => {
    const module = importedModule(node);
    if (module !== undefined) imports.push(module);
    exportsAll ||= node.type === "ExportAllDeclaration" && node["exported"] === null;
    const impurity = impurityOf(node, parent);
    if (impurity !== undefined) impurities.push(impurity);
  });

  const first = comments[0];
  const opening = first && text.slice(0, first.start).trim() === "" ? first.value : "";
  return { path, imports, opening, exportsAll, impurities };
}

function visit(value: unknown, parent: Node | undefined, enter: (node: Node, parent: Node | undefined) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, parent, enter);
  } else if (isNode(value)) {
    enter(value, parent);
    for (const child of Object.values(value)) visit(child, value, enter);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

function importedModule(node: Node): string | undefined {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
    case "ImportExpression":
    case "TSImportType":
      return literal(node["source"]);
    case "TSExternalModuleReference":
      return literal(node["expression"]);
    default:
      return undefined;
  }
}

function impurityOf(node: Node, parent: Node | undefined): string | undefined {
  if (node.type === "MemberExpression") {
    const member = `${nameOf(node["object"])}.${nameOf(node["property"])}`;
    return impureMembers.has(member) ? member : undefined;
  }
  const callsDate = nameOf(node["callee"]) === "Date";
  if (callsDate && node.type === "NewExpression" && isEmpty(node["arguments"])) return "new Date()";
  if (callsDate && node.type === "CallExpression") return "Date()";
  if (node.type !== "Identifier" || isLabel(node, parent)) return undefined;
  const name = nameOf(node);
  return name !== undefined && hostGlobals.has(name) ? name : undefined;
}

/** `process` in `a.process` or `{ process: 1 }` is a label, not the global of that name. */
function isLabel(node: Node, parent: Node | undefined): boolean {
  return parent !== undefined && parent["computed"] !== true && (parent["property"] === node || parent["key"] === node);
}

function nameOf(value: unknown): string | undefined {
  return isNode(value) && value.type === "Identifier" ? String(value["name"]) : undefined;
}

function literal(value: unknown): string | undefined {
  return isNode(value) && typeof value["value"] === "string" ? value["value"] : undefined;
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
