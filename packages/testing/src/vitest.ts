import { transform } from "@swc/core";

export interface ActorRuntimePreset {
  /**
   * The dialect of the project: TypeScript's `experimentalDecorators` with metadata, or TC39's. Default `"legacy"`.
   */
  readonly decorators?: "legacy" | "standard";
}

/** A plug-in of Vite, as far as it is used here. */
export interface ActorRuntimePlugin {
  readonly name: string;
  readonly enforce: "pre";
  transform(source: string, id: string): Promise<{ code: string; map: string }> | undefined;
}

/**
 * A plug-in for Vitest that compiles TypeScript as `actor-runtime start` does, so that tests see the same decorators and
 * the same metadata for constructor injection.
 *
 * @example
 * // vitest.config.ts
 * import { actorRuntime } from "actor-runtime/vitest";
 * import { defineConfig } from "vitest/config";
 *
 * export default defineConfig({ plugins: [actorRuntime()] });
 */
export function actorRuntime({ decorators = "legacy" }: ActorRuntimePreset = {}): ActorRuntimePlugin {
  return {
    name: "actor-runtime",
    enforce: "pre",
    transform(source, id) {
      const path = id.split("?", 1)[0]!;
      if (!/\.[cm]?ts$/.test(path) || path.includes("/node_modules/")) return undefined;
      return compile(source, path, decorators);
    },
  };
}

async function compile(source: string, filename: string, decorators: "legacy" | "standard") {
  const { code, map } = await transform(source, {
    filename,
    swcrc: false,
    configFile: false,
    sourceMaps: true,
    module: { type: "es6" },
    jsc: {
      target: "es2022",
      keepClassNames: true,
      parser: { syntax: "typescript", decorators: true },
      transform:
        decorators === "standard"
          ? { decoratorVersion: "2022-03" }
          : { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
    },
  });
  return { code, map: map! };
}
