/** The vitest preset: compiles decorators as `actor-runtime start` does. */
export { actorRuntime } from "@actor-runtime/testing/vitest";
