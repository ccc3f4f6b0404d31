import { InvalidArgumentsError } from "@actor-runtime/core";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { MethodDefinition } from "./actor-definition.js";

/** One reason why arguments were refused; `path` reads `args[0].lines[3].price`. */
export interface ArgumentIssue {
  readonly path: string;
  readonly message: string;
}

type Result = StandardSchemaV1.Result<unknown>;

/** An error must fit a message whatever the caller sent. */
const maxIssues = 20;
const issuesInMessage = 3;

/**
 * Checks arguments against a method's schemas and returns what the schemas give, which may differ from what came in
 * (defaults, coercion). Answers by promise only when a schema does. Arguments left out count as `undefined`, so that
 * schemas for optional parameters may accept them.
 *
 * @throws InvalidArgumentsError naming type, method and path; its `data` lists the issues (at most 20)
 * @see https://standardschema.dev
 * @example checkArguments(deposit, [-1]) // Account.deposit: args[0]: Too small: expected number to be >0
 */
export function checkArguments(method: MethodDefinition, args: unknown[]): unknown[] | Promise<unknown[]> {
  if (!method.input) return args;
  const schemas: readonly StandardSchemaV1[] = "~standard" in method.input ? [method.input] : method.input;
  if (args.length > schemas.length) {
    const takes = schemas.length === 1 ? "1 argument" : `${schemas.length} arguments`;
    throw refusal(method, [{ path: `args[${schemas.length}]`, message: `takes ${takes}, got ${args.length}` }]);
  }
  const results = schemas.map((schema, index) => schema["~standard"].validate(args[index]));
  return results.some((result) => result instanceof Promise)
    ? Promise.all(results.map((result) => Promise.resolve(result))).then((settled) => outputs(method, settled))
    : outputs(method, results as Result[]);
}

function outputs(method: MethodDefinition, results: readonly Result[]): unknown[] {
  const issues = results.flatMap((result, index) =>
    (result.issues ?? []).map(({ path, message }) => ({ path: pathText(index, path), message })),
  );
  if (issues.length > 0) throw refusal(method, issues);
  return results.map((result) => (result as StandardSchemaV1.SuccessResult<unknown>).value);
}

function refusal(method: MethodDefinition, issues: readonly ArgumentIssue[]): InvalidArgumentsError {
  const shown = issues.slice(0, issuesInMessage).map(({ path, message }) => `${path}: ${message}`);
  if (issues.length > shown.length) shown.push(`and ${issues.length - shown.length} more`);
  return new InvalidArgumentsError(`${method.actor}.${method.name}: ${shown.join("; ")}`, {
    data: issues.slice(0, maxIssues),
  });
}

function pathText(index: number, path: StandardSchemaV1.Issue["path"] = []): string {
  const keys = path.map((segment) => (typeof segment === "object" ? segment.key : segment));
  return keys.reduce<string>(
    (text, key) => text + (typeof key === "string" && /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${keyText(key)}]`),
    `args[${index}]`,
  );
}

function keyText(key: PropertyKey): string {
  return typeof key === "string" ? JSON.stringify(key) : String(key);
}
