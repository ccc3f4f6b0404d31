import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

async function pages(): Promise<string[]> {
  const found = await Promise.all(
    ["docs", "examples", "infra"].map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true }))
        .filter((path) => path.endsWith(".md") && !path.includes("node_modules"))
        .map((path) => join(folder, path)),
    ),
  );
  return ["README.md", ...found.flat()];
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): Set<string> {
  const headings = Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading = ""]) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .replace(/\s/g, "-"),
    ),
  );
}

/** What is linked to within the repository, outside of code. */
function linksOf(text: string): string[] {
  const prose = text.replace(/```[\s\S]*?```/g, "");
  return Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, link = ""]) => link).filter(
    (link) => !link.includes("://"),
  );
}

async function isBroken(page: string, link: string): Promise<boolean> {
  const [path, anchor] = link.split("#");
  const target = path ? join(root, dirname(page), path) : join(root, page);
  if (!existsSync(target)) return true;
  return anchor !== undefined && !anchorsOf(await readFile(target, "utf8")).has(anchor);
}

it("every link in the README and the guides leads to a file, and to a heading of it", async () => {
  const broken: string[] = [];
  let links = 0;
  for (const page of await pages()) {
    for (const link of linksOf(await readFile(join(root, page), "utf8"))) {
      links++;
      if (await isBroken(page, link)) broken.push(`${page}: ${link}`);
    }
  }
  expect(broken).toEqual([]);
  expect(links).toBeGreaterThan(50);
});
