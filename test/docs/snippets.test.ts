import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { complaints, snippetsOf } from "./snippets.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

async function pages(): Promise<Map<string, string>> {
  const guides = (await readdir(`${root}docs`)).filter((name) => name.endsWith(".md"));
  const paths = ["README.md", ...guides.map((name) => `docs/${name}`)];
  return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(root + path, "utf8")] as const)));
}

const page = (...lines: string[]) => lines.join("\n");

describe("the README and the guides", { timeout: 60_000 }, () => {
  it("show only TypeScript that compiles", async () => {
    const all = await pages();
    const withSnippets = [...all].filter(([path, text]) => snippetsOf(path, text).size > 0).map(([path]) => path);
    expect(withSnippets).toEqual(
      expect.arrayContaining([
        "README.md",
        "docs/actors.md",
        "docs/calls.md",
        "docs/flow-control.md",
        "docs/load-balancing.md",
        "docs/locks.md",
        "docs/operations.md",
        "docs/placement.md",
        "docs/reminders.md",
        "docs/testing.md",
        "docs/tracing.md",
        "docs/transactions.md",
      ]),
    );
    expect(await complaints(all)).toEqual([]);
  });

  it("would be caught with page and line if a snippet did not compile", async () => {
    const right = page("```ts", "// counter.ts", "export const count: number = 1;", "```");
    const wrong = page("", "```ts", 'import { count } from "./counter.js";', "export const text = `${count}`;", "```");
    const continued = page("<!-- continues -->", "```ts", "export const sum: string = text.length;", "```");
    expect(await complaints(new Map([["docs/a.md", page(right, wrong, continued)]]))).toEqual([
      "docs/a.md:12:14: error TS2322: Type 'number' is not assignable to type 'string'.",
    ]);
  });
});

describe("a page's snippets", () => {
  it("are files of their own unless they say that they continue, each line at its number in the page", () => {
    const text = page("# T", "```ts", "a;", "```", "```sh", "b", "```", "<!-- continues -->", "```ts", "c;", "```");
    expect(snippetsOf("t.md", text)).toEqual(new Map([["line-2.ts", "\n\na;\n\n\n\n\n\n\nc;"]]));
    expect([...snippetsOf("t.md", text.replace("<!-- continues -->", "")).keys()]).toEqual(["line-2.ts", "line-9.ts"]);
  });

  it("must not hide behind another name of the language", () => {
    expect(() => snippetsOf("t.md", page("", "```typescript", "a;", "```"))).toThrow("t.md:2: call the fence ts");
  });
});
