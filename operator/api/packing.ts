import { deflateRawSync, inflateRawSync } from "node:zlib";
import { z } from "zod";

/*
 * How a dbt project is packed into Jobs, and the plan that its first Job makes: the contract of operator and task image.
 *
 * | packing | the node's Jobs                                                                                   |
 * |---------|---------------------------------------------------------------------------------------------------|
 * | run     | one for the whole project                                                                         |
 * | level   | the plan, one for each level of the graph, the end                                                |
 * | model   | the plan, one for each seed, model and snapshot with its tests right after it, the end            |
 *
 * The plan's Job runs the hooks of on-run-start, the end's Job those of on-run-end; there is none where it has nothing to do.
 */
export const PACKINGS = ["run", "level", "model"] as const;
export type Packing = (typeof PACKINGS)[number];

/** The Job that reads the project and plans, the one that comes last, and the one that does all of it: names that no unit has. */
export const PLAN_UNIT = "plan";
export const END_UNIT = "end";
export const ALL_UNIT = "all";
export const TAKEN_NAMES: readonly string[] = [PLAN_UNIT, END_UNIT, ALL_UNIT];
/** Units that one node may have. */
export const UNITS_MAX = 1000;
/** A plan's text as the run's status holds it, in bytes: 1,000 models with long names take half of it. */
export const PLAN_BYTES_MAX = 32 * 1024;
/** A unit's name is a label's value and a part of its Job's name. */
export const UNIT_NAME_MAX = 63;
export const UNIT_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** A part of a project that one Job builds. */
export interface PlannedUnit {
  /** Unique in its plan: `stg-posts`, `level-2`. */
  readonly name: string;
  /** Indexes of the units that come before it; all of them stand before it in the plan. */
  readonly needs: readonly number[];
  /** What it needs may have failed: its task skips what follows from the failure, and does the rest. */
  readonly goesOn?: true;
}

export interface Plan {
  /** SHA-256 of the project as the plan's Job has kept it: no unit works with another one. */
  readonly project: string;
  /** Whether there is something to do when all units have ended. */
  readonly hasEnd: boolean;
  readonly units: readonly PlannedUnit[];
}

/** Which part of a packed node a task does. */
export const TaskUnit = z.strictObject({
  /** The node of the run. The task's own `node` is the node with the unit's name: `marts/stg-posts`. */
  node: z.string().max(64),
  /** `plan`, `end`, or the unit's name. */
  name: z.string().max(UNIT_NAME_MAX),
  /** SHA-256 of the project that the plan's Job has kept. Only the plan's Job has none. */
  project: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});
export type TaskUnit = z.infer<typeof TaskUnit>;

/** A node's unit as Jobs, results and messages name it. */
export function unitKey(node: string, unit: string): string {
  return `${node}/${unit}`;
}

/** The node and the unit that a key names; of a node that is not packed the node alone. */
export function splitUnitKey(key: string): { readonly node: string; readonly unit?: string } {
  const [node = "", unit] = key.split("/", 2);
  return unit === undefined ? { node } : { node, unit };
}

const UnitName = z.string().max(UNIT_NAME_MAX).regex(UNIT_NAME);
const PackedPlan = z.strictObject({
  p: z.string().regex(/^[0-9a-f]{64}$/),
  e: z.boolean(),
  /** A unit's name, what it needs, and whether it goes on where that has failed. */
  u: z.array(z.tuple([UnitName, z.array(z.int().min(0)), z.literal(1).optional()])).max(UNITS_MAX),
});

/** What a text may become when it is unpacked, in bytes. */
const UNPACKED_BYTES_MAX = 8 * 1024 * 1024;

/** A plan as one short text: base64url of raw deflate (RFC 1951) of JSON. */
export function packPlan({ project: p, hasEnd: e, units }: Plan): string {
  const u = units.map(({ name, needs, goesOn }) => (goesOn === true ? [name, needs, 1] : [name, needs]));
  return deflateRawSync(JSON.stringify({ p, e, u }), { level: 9 }).toString("base64url");
}

/** The plan of a text, or undefined for other texts: where a name stands twice or is taken, or a need does not stand before. */
export function unpackPlan(text: string): Plan | undefined {
  try {
    const json = inflateRawSync(Buffer.from(text, "base64url"), { maxOutputLength: UNPACKED_BYTES_MAX }).toString();
    const { p: project, e: hasEnd, u } = PackedPlan.parse(JSON.parse(json));
    const names = new Set(u.map(([name]) => name));
    const isSound =
      names.size === u.length &&
      TAKEN_NAMES.every((name) => !names.has(name)) &&
      u.every(([, needs], index) => needs.every((need) => need < index));
    if (!isSound) return undefined;
    const units = u.map(([name, needs, goesOn]) => ({
      name,
      needs,
      ...(goesOn === 1 ? { goesOn: true as const } : {}),
    }));
    return { project, hasEnd, units };
  } catch {
    return undefined;
  }
}
