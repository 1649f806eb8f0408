import { pipeline, type RefusedManifest, refused } from "./refused-manifest.ts";

const param = (declared: string) => pipeline(`params: {${declared}}, nodes: {n: {container: {}}}`);

/** Declarations of parameters that the API server refuses by itself. */
export const REFUSED_PARAMS: readonly RefusedManifest[] = [
  refused(
    "a parameter whose name no variable could have",
    param("start-day: {}"),
    "spec.params[start-day]: expected a name in letters, digits and underscores that does not begin with a digit",
    'spec.params: Invalid value: "object": a key has at most 40 characters and the shape ^[A-Za-z_][A-Za-z0-9_]*$',
  ),
  refused(
    "a type of parameters that there is not",
    param("n: {type: int}"),
    "spec.params[n].type: expected one of string, integer, number, boolean, date, list",
    'spec.params.n.type: Unsupported value: "int"',
  ),
  refused(
    "a pattern of a number",
    param("n: {type: integer, pattern: a}"),
    "spec.params[n]: pattern is for the types string and list",
    'spec.params[n]: Invalid value: "object": pattern is for the types string and list',
  ),
  refused(
    "bounds of a text",
    param("n: {min: 1}"),
    "spec.params[n]: min and max are for the types integer, number and date",
    'spec.params[n]: Invalid value: "object": min and max are for the types integer, number and date',
  ),
  refused(
    "a bound that is no number and no day",
    param("n: {type: number, max: many}"),
    "spec.params[n].max: expected a number such as 3",
    "spec.params.n.max: Invalid value",
  ),
];
