import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { typeErrors } from "./type-errors.js";

// Inside this package, so that snippets find the packages they import; ignored by git.
const folder = fileURLToPath(new URL("../.snippets/", import.meta.url));

const tsconfig = {
  extends: "../../tsconfig.json",
  compilerOptions: { noEmit: true, types: ["node"], experimentalDecorators: true, emitDecoratorMetadata: true },
};

/** Other names of TypeScript, which nobody would check. */
const misnamed = /^```(?:typescript|tsx|mts|js|jsx|javascript)\b/;

/**
 * The `ts` fences of a page as files. Every line stands at its number in the page, so that the compiler's places are the
 * page's. A fence whose first line is `// accounts.ts` is that file, which others of the page may import; one below
 * `<!-- continues -->` belongs to the file of the fence before.
 *
 * @throws an error with page and line for TypeScript under another name, and for a second file of one name
 */
export function snippetsOf(page: string, text: string): Map<string, string> {
  const files = new Map<string, string[]>();
  const lines = text.split("\n");
  let name = "";
  let inside = false;
  for (const [index, line] of lines.entries()) {
    if (misnamed.test(line)) throw new Error(`${page}:${index + 1}: call the fence ts`);
    if (inside && line === "```") inside = false;
    else if (inside) files.get(name)![index] = line;
    else if (line === "```ts") {
      inside = true;
      if (lines[index - 1] !== "<!-- continues -->") {
        name = /^\/\/ ([\w.-]+)\.ts$/.exec(lines[index + 1] ?? "")?.[1] ?? `line-${index + 1}`;
        if (files.has(name)) throw new Error(`${page}:${index + 1}: there is a ${name}.ts above`);
        files.set(name, []);
      }
    }
  }
  return new Map(Array.from(files, ([file, content]) => [`${file}.ts`, textOf(content)]));
}

/**
 * Type-checks the snippets of all pages in one run of the compiler, as a project with legacy decorators and metadata.
 *
 * @param pages text by path, for example `docs/actors.md`
 * @returns what the compiler says, each with page, line and column
 */
export async function complaints(pages: ReadonlyMap<string, string>): Promise<string[]> {
  await rm(folder, { recursive: true, force: true });
  try {
    await mkdir(folder);
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(tsconfig));
    for (const [page, text] of pages) {
      for (const [file, content] of snippetsOf(page, text)) {
        const path = join(folder, page, file);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, content);
      }
    }
    return (await typeErrors(folder)).map((line) => line.replace(/^(\S+\.md)\/[^/(]+\((\d+),(\d+)\)/, "$1:$2:$3"));
  } finally {
    // A snippet may be a test, which the next run would find.
    await rm(folder, { recursive: true, force: true });
  }
}

/** Lines that were never set are empty. */
function textOf(lines: readonly string[]): string {
  return Array.from(lines, (line: string | undefined) => line ?? "").join("\n");
}
