import { createHash } from "node:crypto";
import { splitUnitKey } from "../api/packing.ts";

/** Room for the six characters that the Job controller appends to make a Pod's name of at most 63. */
const JOB_NAME_MAX = 57;
const LABEL_VALUE_MAX = 63;

/**
 * The name of an attempt's Job: `<run>-<node>-a<attempt>`, with each dash of the node's name written twice: read from its end, the
 * first dash that stands alone is the one after the run, so that run `films` with node `raw-a` and run `films-raw` with node `a`
 * do not meet. It never varies, so that a second creation of the same attempt meets the first one. A name that would be too long,
 * or that holds a dot, which no Pod's host name can, ends with a hash of the whole: runs `a.b` and `a-b` must not meet.
 */
export function jobName(run: string, node: string, attempt: number): string {
  const { node: packed, unit } = splitUnitKey(node);
  if (unit !== undefined) return unitJobName(run, packed, unit, attempt);
  return withoutDots(`${run}-${node.replaceAll("-", "--")}-a${attempt}`);
}

/** The name of the Job of a packed node's part: it always has a hash of run, node and unit, as units have names of all sorts. */
function unitJobName(run: string, node: string, unit: string, attempt: number): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([run, node, unit]))
    .digest("hex")
    .slice(0, 10);
  const end = `-${hash}-a${attempt}`;
  const name = `${run}-${node}-${unit}`.replaceAll(".", "-");
  return `${name.slice(0, JOB_NAME_MAX - end.length).replace(/-+$/, "")}${end}`;
}

/**
 * The name of a page of a node's report, from 1. The first one is called as the Job is, without its attempt. The others end with a dot and
 * their number: a dot stands nowhere else in these names, so that page 2 of node `b` of run `a` is not node `p2` of run `a-b`.
 */
export function nodeReportName(run: string, node: string, page: number): string {
  const name = withoutDots(`${run}-${node.replaceAll("-", "--")}`);
  return page === 1 ? name : `${name}.p${page}`;
}

/** The name of the Job of a connection's test: `<connection>-test-<digest>`, cut where the connection's name is long. */
export function testJobName(connection: string, digest: string): string {
  const room = JOB_NAME_MAX - "-test-".length - digest.length;
  return `${connection.slice(0, room).replaceAll(".", "-").replace(/-+$/, "")}-test-${digest}`;
}

/** An object's name as a label value, which holds at most 63 characters. */
export function labelValue(name: string): string {
  return name.length <= LABEL_VALUE_MAX ? name : hashed(name, LABEL_VALUE_MAX);
}

function withoutDots(name: string): string {
  return name.length <= JOB_NAME_MAX && !name.includes(".") ? name : hashed(name, JOB_NAME_MAX).replaceAll(".", "-");
}

function hashed(name: string, max: number): string {
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 10);
  return `${name.slice(0, max - hash.length - 1).replace(/[-.]+$/, "")}-${hash}`;
}
