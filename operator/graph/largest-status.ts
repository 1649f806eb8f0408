import { PLAN_BYTES_MAX, UNITS_MAX } from "../api/packing.ts";
import type { PipelineSpec } from "../api/pipeline.ts";
import { INSTALLED_BYTES_MAX } from "../api/project-packages.ts";
import type { Problem } from "./problem.ts";

/**
 * The most that a run's status takes as JSON, in bytes. etcd takes 1.5 MiB of an object, in which the API server's own record of who
 * wrote which field takes a third of a mebibyte more for a thousand nodes.
 */
export const STATUS_BYTES_MAX = 640 * 1024;

/** What a node's status takes when every word of it is cut that can be: states, times, counts, its Job and its reason. */
export const NODE_BYTES_MAX = 640;
/** What the commit of a project takes beside that. */
const COMMIT_BYTES = 56;
/** What the packages of a project take, where they were chosen. */
const PACKAGES_BYTES = INSTALLED_BYTES_MAX + 16;
/** What the health of a dbt project takes beside that. */
const HEALTH_BYTES = 100;
/** What the Jobs of a packed node take: its plan, the states of its units, and the details of those at work and of some that failed. */
export const PACKED_BYTES_MAX = PLAN_BYTES_MAX + UNITS_MAX + 40 * (NODE_BYTES_MAX + 320);
/** What stands in a status beside its nodes, conditions with their messages above all. */
export const RUN_BYTES_MAX = 40 * 1024;

/** The most that a run's status can take, messages of nodes left out. */
export function largestStatusBytes(nodes: readonly string[]): number {
  return nodes.reduce((sum, name) => sum + NODE_BYTES_MAX + Buffer.byteLength(JSON.stringify(name)), RUN_BYTES_MAX);
}

/** Whether the status of a run could become too large to be stored: then the run could not even say that it has ended. */
export function findStatusProblems({ nodes }: PipelineSpec): Problem[] {
  const names = Object.keys(nodes);
  const commits = Object.values(nodes).filter(({ transform }) => transform?.project.git !== undefined).length;
  const projects = Object.values(nodes).filter(({ transform }) => transform !== undefined).length;
  const sources = new Set(
    Object.values(nodes).flatMap(({ transform }) => (transform === undefined ? [] : JSON.stringify(transform.project))),
  ).size;
  const packed = Object.values(nodes).filter(({ transform }) => (transform?.packing ?? "run") !== "run").length;
  const ofProjects = commits * COMMIT_BYTES + projects * HEALTH_BYTES + sources * PACKAGES_BYTES;
  const bytes = largestStatusBytes(names) + ofProjects + packed * PACKED_BYTES_MAX;
  if (bytes <= STATUS_BYTES_MAX) return [];
  const message = `the status of a run of these ${names.length} nodes may come to ${bytes} bytes, and there is room for ${STATUS_BYTES_MAX}; split the pipeline in two, or give its nodes shorter names`;
  return [{ reason: "InvalidSpec", path: ["spec", "nodes"], message }];
}
