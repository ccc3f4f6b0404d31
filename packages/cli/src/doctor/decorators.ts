// oxlint-disable-next-line import/no-unassigned-import -- loads reflect-metadata, as it does for the files of a worker
import "@actor-runtime/typedi";
import { transform } from "../loader/transform.js";
import type { Check, Surroundings } from "./check.js";

const probe = `
class Service {}
const mark = (type: object, context?: { kind: string }): void => { Object.assign(type, { seen: context?.kind ?? "legacy" }); };
@mark class Probe { constructor(readonly service: Service) {} }
const types = (Reflect as any).getMetadata?.("design:paramtypes", Probe);
export const seen: string = (Probe as any).seen;
export const hasMetadata: boolean = types?.[0] === Service;
`;

/** Compiles and runs a decorated class in memory, so it also finds an @swc/core that cannot be loaded. */
export async function checkDecorators({ decorators }: Pick<Surroundings, "decorators">): Promise<Check> {
  const name = "decorators";
  try {
    const code = transform(probe, "probe.ts", decorators);
    const { seen, hasMetadata } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as Record<
      string,
      unknown
    >;
    if (decorators === "standard" && seen === "class") {
      return { name, status: "ok", finding: "standard: inject(…) works, constructor parameters need `static inject`" };
    }
    if (decorators === "legacy" && hasMetadata) {
      return { name, status: "ok", finding: "legacy, with metadata for constructor injection" };
    }
    return { name, status: "fail", finding: `${decorators} decorators do not work here`, fix: "reinstall: npm ci" };
  } catch (error) {
    const [reason] = String(error).split("\n");
    return {
      name,
      status: "fail",
      finding: `@swc/core cannot compile: ${reason}`,
      fix: "reinstall it for this platform: npm ci",
    };
  }
}
