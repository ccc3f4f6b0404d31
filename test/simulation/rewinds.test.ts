import { sweep } from "./seeds.js";

// With 54 and 59, which once showed a checker that believed a turn more than its answer, and a coordinator that never forgot.
sweep(50, 40, { rewinds: true });
