import type { PipelineNode, PipelineSpec } from "../api/pipeline.ts";
import { OBJECT_WAREHOUSES } from "../api/verbs/verb.ts";
import type { Problem } from "./problem.ts";

type Load = NonNullable<PipelineNode["load"]>;
type Connections = NonNullable<PipelineSpec["connections"]>;

/**
 * What is wrong with loads where warehouses read objects themselves: a bucket that is missing or too much, and what has no such road.
 * Connections that are references are looked at when the run begins.
 */
export function findObjectWarehouseProblems({ nodes, connections = {} }: PipelineSpec): Problem[] {
  return Object.entries(nodes).flatMap(([name, { load }]) => {
    if (load === undefined) return [];
    const target = connections[load.to.connection];
    const readsObjects = OBJECT_WAREHOUSES.some((kind) => target?.[kind] !== undefined);
    const found = readsObjects ? missing(load, connections) : tooMuch(load, connections);
    return found.map(([field, message]): Problem => {
      return { reason: "InvalidSpec", path: ["spec", "nodes", name, "load", ...field.split(".")], message };
    });
  });
}

type Finding = readonly [field: string, message: string];

function tooMuch({ from, to }: Load, connections: Connections): readonly Finding[] {
  if (to.via === undefined || connections[to.connection]?.postgres === undefined) return [];
  return [
    ["to.via", `rows go from ${from.connection} to ${to.connection} without a bucket between them: leave via out`],
  ];
}

function missing({ from, to, schemaChange, schemaContract = {} }: Load, connections: Connections): readonly Finding[] {
  const source = connections[from.connection];
  const isBucket = source?.s3 !== undefined;
  const isKnown = source !== undefined && source.ref === undefined;
  const findings: Finding[] = [];
  if (isBucket && to.via !== undefined) {
    findings.push(["to.via", `${to.connection} reads the objects of ${from.connection} itself: leave via out`]);
  }
  if (isKnown && !isBucket && to.via === undefined) {
    const message = `${to.connection} reads objects of a bucket only, and ${from.connection} is not a bucket: name the connection of a bucket that the rows go through`;
    findings.push(["to.via", message]);
  }
  for (const field of ["http", "cursor", "parallel"] as const) {
    if (from[field] === undefined) continue;
    const message = `${to.connection} takes objects, tables, a query and files, each of them as a whole: leave ${field} out, extract into a bucket by a node of its own, or load into Postgres`;
    findings.push([`from.${field}`, message]);
  }
  const changes = {
    schemaChange,
    ...Object.fromEntries(Object.entries(schemaContract).map(([kind, change]) => [`schemaContract.${kind}`, change])),
  };
  for (const [field, change] of Object.entries(changes)) {
    if (change === undefined || change === "evolve" || change === "freeze") continue;
    findings.push([
      field,
      `${to.connection} reads objects itself and leaves nothing out: use evolve or freeze, or load into Postgres`,
    ]);
  }
  return findings;
}
