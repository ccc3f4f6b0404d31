// A process that holds a sandbox until somebody kills it.
import { Sandbox } from "./sandbox.js";

const sandbox = await Sandbox.create("holder");
const { pid } = await sandbox.run("sleep", ["1000"]);
process.send!({ pid, folder: sandbox.folder });
