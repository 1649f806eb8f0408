import { digestOf, type KeptProject, unpackKept } from "../dbt/packing/kept-project.ts";
import type { ProjectKey } from "../dbt/warehouses/dbt-warehouse.ts";
import { ConfigurationError } from "../errors.ts";
import type { DbtSessions } from "./dbt-sessions.ts";
import type { UnitSpec } from "./transform.ts";

export async function keep(spec: UnitSpec, sessions: DbtSessions, digest: string, bytes: Buffer): Promise<void> {
  const { schema } = spec.work.transform;
  const { failure } = await sessions.warehouse;
  const keeping = await sessions.forResults();
  await keeping.keepProject(schema, keyOf(spec, digest), bytes).catch((error: unknown) => {
    throw failure(error, `keeping the project in schema ${schema}`);
  });
}

/** The project that the plan's Job has kept. Whoever may write to the table cannot put another one there: the operator has its digest. */
export async function findKept(spec: UnitSpec, sessions: DbtSessions, digest: string): Promise<KeptProject> {
  const { schema } = spec.work.transform;
  const { failure } = await sessions.warehouse;
  const keeping = await sessions.forResults();
  const bytes = await keeping.findProject(schema, keyOf(spec, digest)).catch((error: unknown) => {
    throw failure(error, `reading the kept project in schema ${schema}`);
  });
  if (bytes !== undefined && digestOf(bytes) === digest) return unpackKept(bytes);
  const found = bytes === undefined ? "is gone from" : "was changed in";
  throw new ConfigurationError(
    "ProjectLost",
    `the project that the first Job of the node has read ${found} table _kelt_projects of schema ${schema}. Start another run`,
  );
}

function keyOf({ run, unit }: UnitSpec, digest: string): ProjectKey {
  return { runUid: run.uid, node: unit.node, digest };
}
