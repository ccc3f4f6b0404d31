import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { transform } from "@swc/core";
import { tsc } from "../support/tsc.js";

export type Compiler = "swc" | "tsc";
export type Dialect = "legacy" | "standard";

const fixtures = fileURLToPath(new URL("./fixtures/", import.meta.url));
// Inside this package, so that the output finds the packages it imports; `dist` is ignored by git and by vitest.
const outputs = fileURLToPath(new URL("../dist/decorated/", import.meta.url));

/** Compiles a fixture as users do and loads the output. */
export async function compiled<Module>(name: string, compiler: Compiler, dialect: Dialect): Promise<Module> {
  const output = `${outputs}${compiler}-${dialect}/`;
  await mkdir(output, { recursive: true });
  await compilers[compiler](name, dialect, output);
  return (await import(pathToFileURL(`${output}${name}.js`).href)) as Module;
}

const compilers: Record<Compiler, (name: string, dialect: Dialect, output: string) => Promise<void>> = {
  async swc(name, dialect, output) {
    const { code } = await transform(await readFile(`${fixtures}${name}.ts`, "utf8"), {
      filename: `${name}.ts`,
      swcrc: false,
      configFile: false,
      module: { type: "es6" },
      jsc: {
        target: "es2022",
        parser: { syntax: "typescript", decorators: true },
        transform:
          dialect === "standard"
            ? { decoratorVersion: "2022-03" }
            : { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
      },
    });
    await writeFile(`${output}${name}.js`, code);
  },

  async tsc(name, dialect, output) {
    const legacy = ["--experimentalDecorators", "--emitDecoratorMetadata"];
    await promisify(execFile)(
      tsc,
      ["--ignoreConfig", "--noCheck", "--module", "nodenext", "--target", "es2022", "--outDir", output].concat(
        dialect === "legacy" ? legacy : [],
        `${name}.ts`,
      ),
      { cwd: fixtures },
    );
  },
};
