import type { OwnerReference } from "#api/metadata.ts";
import type { Kind } from "../../../operator/kinds/kinds.ts";

/** An object as the fake server stores it. Never handed out: whoever asks gets a copy. */
export interface StoredObject {
  readonly apiVersion: string;
  readonly kind: Kind;
  readonly metadata: StoredMetadata;
  readonly spec?: unknown;
  readonly status?: unknown;
  readonly [field: string]: unknown;
}

export interface StoredMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
  readonly generation?: number;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly finalizers?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

/** RFC 7386. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const base = typeof target === "object" && target !== null && !Array.isArray(target) ? target : {};
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else if (value !== undefined) merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

/** JSON values are equal whatever the order of their keys. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))];
  if (Array.isArray(a) !== Array.isArray(b) || left.length !== right.size) return false;
  return left.every(([key, value]) => right.has(key) && sameJson(value, right.get(key)));
}

type Labels = Readonly<Record<string, string>>;
type Requirement = (labels: Labels) => boolean;

/** The API's label selectors, all forms: `a=b,c!=d,e in (f,g),h notin (i),j,!k`. */
export function parseSelector(selector = ""): Requirement {
  const terms = selector.split(/,(?![^(]*\))/).filter((term) => term.trim() !== "");
  const requirements = terms.map((term) => parseTerm(term.trim()));
  return (labels) => requirements.every((requirement) => requirement(labels));
}

function parseTerm(term: string): Requirement {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(term);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    const isIn: Requirement = (labels) => labels[key] !== undefined && values.includes(labels[key]);
    return operator === "in" ? isIn : (labels) => !isIn(labels);
  }
  const [, key = "", operator, value = ""] = /^([^=!\s]+)\s*(!=|==?)\s*(\S*)$/.exec(term) ?? [];
  if (operator !== undefined) return (labels) => (labels[key] === value) === (operator !== "!=");
  return term.startsWith("!")
    ? (labels) => labels[term.slice(1)] === undefined
    : (labels) => labels[term] !== undefined;
}
