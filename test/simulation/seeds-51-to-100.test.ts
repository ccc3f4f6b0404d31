import { sweep } from "./seeds.js";

sweep(51, 50);
