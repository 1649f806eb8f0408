import { ConfigurationError, DataError } from "../errors.ts";
import { fileFormat } from "../formats/file-format.ts";
import { showTable } from "../postgres/identifier.ts";
import { loadId } from "../postgres/load-record.ts";
import { contractOf } from "../postgres/schema-contract.ts";
import type { SourceFile } from "../sources/file-source.ts";
import { groupObjects } from "../warehouse/object-groups.ts";
import type { ObjectsToStage, ObjectWarehouse, StagedObjects } from "../warehouse/object-warehouse.ts";
import { refuseDiscards } from "../warehouse/reshaping.ts";
import type { CommandContext, Outcome, SpecOf } from "./command.ts";
import { refuseNoFiles } from "./load-files.ts";
import { repeated, summary } from "./load-outcome.ts";
import { refuseTakenTargets } from "./load-source.ts";
import type { ObjectSource, ObjectsOfTable } from "./object-source.ts";
import { bucketOf, objectsToLoad, removeRowsLeft } from "./objects-to-load.ts";
import { rejectLimit } from "./reject-limit.ts";

/**
 * Loads objects of a bucket into a warehouse that reads them itself: staged table by table, published together with the record of
 * the load. A load that has been committed before is not repeated; its record is the outcome.
 */
export async function loadObjects(spec: SpecOf<"load">, context: CommandContext): Promise<Outcome> {
  const { to, from } = spec.work.load;
  refuseDiscards(spec.work.load);
  const bucket = bucketOf(spec);
  await using warehouse = await openWarehouse(spec, bucket, context);
  const { schema } = warehouse.tableName({ schema: to.schema, table: to.table ?? "table" });
  await warehouse.prepare(schema);
  const before = await warehouse.findLoad(schema, loadId(spec));
  if (before !== undefined) {
    await removeRowsLeft(spec, bucket, context);
    return repeated(before);
  }
  await using source = await objectsToLoad(spec, bucket, context);
  const staged = await stageTables(warehouse, source, spec, context);
  const record = await warehouse.publish(
    { schema, writing: spec.work.load, onlyNew: spec.work.load.onlyNew === true, spec },
    staged,
  );
  if (record.attempt !== spec.attempt) return repeated(record);
  for (const table of record.tables) context.log.info("loaded", { ...table });
  context.log.info("load committed", { loadId: loadId(spec), from: from.connection, to: to.connection });
  return summary(record);
}

/** The warehouse that `load.to` names. Each kind is imported when it is wanted. */
async function openWarehouse(spec: SpecOf<"load">, bucket: string, context: CommandContext): Promise<ObjectWarehouse> {
  const { connection } = spec.work.load.to;
  const kind = spec.connections[connection]?.kind;
  if (kind === "redshift") {
    const { openRedshift } = await import("../redshift/warehouse.ts");
    return await openRedshift(spec, { warehouse: connection, bucket }, context);
  }
  if (kind === "snowflake") {
    const { openSnowflake } = await import("../snowflake/warehouse.ts");
    return await openSnowflake(spec, { warehouse: connection, bucket }, context);
  }
  throw new ConfigurationError(
    "WrongConnection",
    `load.to.connection ${connection}: expected a warehouse that reads objects, found one of kind ${kind ?? "nothing"}`,
  );
}

async function stageTables(
  warehouse: ObjectWarehouse,
  source: ObjectSource,
  spec: SpecOf<"load">,
  context: CommandContext,
): Promise<readonly StagedObjects[]> {
  const { schema } = spec.work.load.to;
  const tables = source.tables.map((table) => ({
    ...table,
    target: warehouse.tableName({ schema, table: table.table }),
  }));
  refuseTakenTargets(source.field, tables);
  const staged: StagedObjects[] = [];
  for (const [done, table] of tables.entries()) {
    context.progress.report({ item: showTable(table.target), done, total: tables.length });
    const one = await stageTable(warehouse, source, spec, table);
    if (one !== undefined) staged.push(one);
  }
  return staged;
}

type Table = ObjectsOfTable & Pick<ObjectsToStage, "target">;

/** Stages the objects of one table; undefined when only new objects are wanted and there are none. */
async function stageTable(
  warehouse: ObjectWarehouse,
  source: ObjectSource,
  spec: SpecOf<"load">,
  table: Table,
): Promise<StagedObjects | undefined> {
  const { onlyNew, from, columns, mode } = spec.work.load;
  const { source: pattern, target } = table;
  const found = await table.list();
  refuseNoFiles(found, `loading ${pattern} into ${showTable(target)}`, from.connection);
  const objects = onlyNew === true ? await warehouse.withoutLoaded(target, found) : found;
  if (objects.length === 0) return undefined;
  const names = objects.map(({ name }) => name);
  const format = fileFormat(names, source.format ?? from.format);
  const groups = await groupObjects(source.store, objects, format);
  const { extracted } = table;
  const staged = await warehouse.stage({
    source: pattern,
    target,
    format,
    groups,
    declared: new Map(Object.entries(columns?.[table.table] ?? {})),
    keepsTypes: mode !== "replace" || contractOf(spec.work.load).types === "freeze",
    ...(extracted === undefined ? {} : { extracted }),
    rejects: rejectLimit(spec),
  });
  await refuseReplaced(table, objects);
  refuseMissingRows(table, staged);
  return { ...staged, objects };
}

/** The warehouse reads an object by its name: an object that is the same before and after was read as it was listed. */
async function refuseReplaced(table: Table, objects: readonly SourceFile[]): Promise<void> {
  const now = new Map((await table.list()).map(({ name, etag }) => [name, etag]));
  const replaced = objects.find(({ name, etag }) => now.get(name) !== etag);
  if (replaced === undefined) return;
  const found = now.has(replaced.name) ? `the etag ${now.get(replaced.name)}` : "nothing there";
  throw table.replaced(
    `loading ${table.source} into ${showTable(table.target)}: ${replaced.uri} was listed with the etag ${replaced.etag}, and after it had been copied there was ${found}. Nothing has been published`,
  );
}

function refuseMissingRows({ rows: expected, source, target }: Table, { rows, rejected }: StagedObjects): void {
  if (expected === undefined || expected === rows + rejected) return;
  throw new DataError(
    "RowCountMismatch",
    `loading ${source} into ${showTable(target)}: ${expected} rows were extracted, ${rows} were staged and ${rejected} rejected. Nothing has been published`,
  );
}
