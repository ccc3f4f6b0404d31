import type { Check } from "./check.js";

const oldest = [20, 19] as const;

/** @param version of Node, for example `20.19.0` */
export function checkNode(_: unknown, version: string = process.versions.node): Check {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) {
    return { name: "node", status: "ok", finding: version };
  }
  return {
    name: "node",
    status: "fail",
    finding: `${version} is too old`,
    fix: `install Node ${oldest.join(".")} or newer`,
  };
}
