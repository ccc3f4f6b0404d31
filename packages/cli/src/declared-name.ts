import { declaredActor, declaredStateless } from "@actor-runtime/runtime";

/** The name that a class was given with `@Actor` or `@Stateless`; `undefined`: it has neither. */
export function declaredName(type: object): string | undefined {
  return (declaredActor(type) ?? declaredStateless(type))?.name;
}
