import { sweep } from "./seeds.js";

sweep(106, 50);
