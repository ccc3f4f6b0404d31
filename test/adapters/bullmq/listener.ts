// A process that listens for alarms and never gets done with any.

import { connected } from "../redis/connect.js";
import { alarmsOn } from "./alarms-on.js";

const [urls, namespace] = process.argv.slice(2) as [string, string];
const { alarms } = alarmsOn(await connected({ urls, namespace }), { lockMs: 500 });
await alarms.listen((alarm) => {
  process.send!(alarm.id);
  return new Promise(() => {});
});
process.send!("listening");
