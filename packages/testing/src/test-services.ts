import type { Container, InjectionToken } from "@actor-runtime/core";
import { typediContainer } from "@actor-runtime/typedi";
import { ContainerInstance, type ServiceMetadata, Container as typedi } from "typedi";

/** A token and what is injected for it. A class may be given any stand-in that has what the test needs of it. */
export type Provided = readonly [token: InjectionToken<unknown>, value: unknown];

/**
 * Services for one test system. What is provided comes first, also where a service made by typedi wants it; every other
 * service is made anew, so that nothing passes from test to test.
 */
export function testServices(provided: readonly Provided[]): Container {
  const instance = new ContainerInstance("test");
  for (const service of sharedValues()) instance.set({ ...service });
  for (const [id, value] of provided) instance.set({ id, value } as ServiceMetadata);
  const services = typediContainer(instance);
  const values = new Map<unknown, unknown>(provided);
  return {
    get<T>(token: InjectionToken<T>): T {
      return values.has(token) ? (values.get(token) as T) : services.get(token);
    },
  };
}

/** Values given to typedi itself. It would look for a class to make them anew from, and there is none. */
function sharedValues(): ServiceMetadata[] {
  const services = typedi.of()["services"] as ServiceMetadata[];
  return services.filter(({ type, factory }) => !type && !factory);
}
