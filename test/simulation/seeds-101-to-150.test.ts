import { sweep } from "./seeds.js";

sweep(101, 50);
