import { sweep } from "./seeds.js";

sweep(131, 75);
