import { fileURLToPath } from "node:url";

/** The compiler's own start file: `npx` would first change into the workspace's root, and paths would mean something else. */
export const tsc = fileURLToPath(new URL("../../node_modules/.bin/tsc", import.meta.url));
