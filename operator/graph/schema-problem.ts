import type { z } from "zod";
import { nearestName } from "../api/nearest-name.ts";
import { listed } from "./listing.ts";
import type { Problem } from "./problem.ts";

/** What a value is according to a schema, or everything that keeps it from being that. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly [Problem, ...Problem[]] };

/** Checks a value of a manifest; `root` is where it stands there, such as ["spec"]. */
export function checkSchema<T>(schema: z.ZodType<T>, value: unknown, root: readonly string[]): Checked<T> {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return { ok: true, value: parsed.data };
  const problems = parsed.error.issues.flatMap((issue) => problemsOf(issue, schema, root));
  return { ok: false, problems: problems as [Problem, ...Problem[]] };
}

type Issue = z.core.$ZodIssue;

function problemsOf(issue: Issue, schema: z.core.$ZodType, root: readonly string[]): Problem[] {
  const path = [...root, ...issue.path.map((key) => (typeof key === "number" ? key : String(key)))];
  if (issue.code !== "unrecognized_keys") return [{ reason: "InvalidSpec", path, message: messageOf(issue) }];
  const known = fieldsAt(schema, issue.path);
  return issue.keys.map((key) => ({ reason: "InvalidSpec", path: [...path, key], message: unknownField(key, known) }));
}

/** The sentence about a field that does not exist, with what may have been meant. */
export function unknownField(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  const advice = near === undefined ? `the fields here are ${listed(known, 300)}` : `did you mean ${near}?`;
  return `unknown field ${name}; ${advice}`;
}

/** A finding in words: what was expected, what was found. */
function messageOf(issue: Issue): string {
  switch (issue.code) {
    case "custom":
      return issue.message;
    case "invalid_key":
      return issue.issues[0] === undefined ? issue.message : messageOf(issue.issues[0]);
    case "too_small":
    case "too_big":
      return `${expectedBy(issue)}, found ${issue.origin === "number" ? found(issue.input) : sizeOf(issue.input)}`;
    case "invalid_value": {
      const near = typeof issue.input === "string" ? nearestName(issue.input, issue.values.map(String)) : undefined;
      return `${expectedBy(issue)}, found ${found(issue.input)}${near === undefined ? "" : `; did you mean ${near}?`}`;
    }
    default:
      return `${expectedBy(issue)}, found ${found(issue.input)}`;
  }
}

const KIND_OF_TYPE: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  record: "a map",
};

/** The field's own words where it has some, else what zod knows of it. */
function expectedBy(issue: Issue): string {
  if (issue.message.startsWith("expected ")) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return `expected ${KIND_OF_TYPE[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `expected one of ${listed(issue.values.map(String), 300)}`;
    case "invalid_format":
      return `expected text of the shape ${issue.pattern ?? issue.format}`;
    case "too_small":
      return `expected at least ${issue.minimum}${unitOf(issue.origin)}`;
    case "too_big":
      return `expected at most ${issue.maximum}${unitOf(issue.origin)}`;
    default:
      return `expected something else (${issue.message})`;
  }
}

function unitOf(origin: string): string {
  if (origin === "string") return " characters";
  return origin === "number" ? "" : " entries";
}

function sizeOf(value: unknown): string {
  return typeof value === "string" || Array.isArray(value) ? String(value.length) : found(value);
}

const FOUND_MAX = 60;

/** A value in a message: short, because it may be anything. */
function found(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "a map";
  if (typeof value !== "string") return String(value);
  return JSON.stringify(value.length <= FOUND_MAX ? value : `${value.slice(0, FOUND_MAX)}…`);
}

/** The fields that an object of the schema may have at a path. */
function fieldsAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  const { def } = schema._zod as { readonly def: z.core.$ZodTypes["_zod"]["def"] };
  if ("innerType" in def) return fieldsAt(def.innerType, path);
  const [key, ...rest] = path;
  if (def.type === "object") {
    if (key === undefined) return Object.keys(def.shape);
    const field = def.shape[String(key)];
    return field === undefined ? [] : fieldsAt(field, rest);
  }
  if (def.type === "record") return fieldsAt(def.valueType, rest);
  if (def.type === "array") return fieldsAt(def.element, rest);
  return [];
}
