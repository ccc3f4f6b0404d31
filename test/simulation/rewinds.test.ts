import { sweep } from "./seeds.js";

sweep(1, 60, { rewinds: true });
