import { sweep } from "./seeds.js";

sweep(76, 75);
