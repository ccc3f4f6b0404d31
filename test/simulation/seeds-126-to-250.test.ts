import { sweep } from "./seeds.js";

sweep(126, 125);
