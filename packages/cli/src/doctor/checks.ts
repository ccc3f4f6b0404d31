import type { Check, Surroundings } from "./check.js";
import { checkCopies } from "./copies.js";
import { checkDecorators } from "./decorators.js";
import { checkNode } from "./node.js";
import { checkOtlp } from "./otlp.js";
import { checkPort } from "./port.js";
import { checkServices } from "./services.js";
import { checkTsconfig } from "./tsconfig.js";

/** What `doctor` looks at, in the order it prints. */
export const checks: readonly ((surroundings: Surroundings) => Check | Promise<Check | Check[]>)[] = [
  checkNode,
  checkDecorators,
  checkCopies,
  checkTsconfig,
  checkServices,
  checkPort,
  checkOtlp,
];
