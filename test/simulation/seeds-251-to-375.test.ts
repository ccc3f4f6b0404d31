import { sweep } from "./seeds.js";

sweep(251, 125);
