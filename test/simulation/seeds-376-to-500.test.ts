import { sweep } from "./seeds.js";

sweep(376, 125);
