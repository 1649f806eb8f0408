import type { CommandContext, SpecOf } from "../commands/command.ts";
import { DataError } from "../errors.ts";
import type { Renaming } from "../formats/csv-header.ts";
import { fileFormat } from "../formats/file-format.ts";
import { withoutLoaded } from "../loading/loaded-files.ts";
import { rejectLimit } from "../loading/reject-limit.ts";
import { contractOf } from "../loading/schema-contract.ts";
import { refuseTakenTargets } from "../loading/targets.ts";
import type { SourceFile } from "../sources/files/file-source.ts";
import { NO_NEW_FILES, refuseNoFiles } from "../sources/files/no-files.ts";
import { showTable, type TableName } from "../sql/identifier.ts";
import { groupObjects } from "./object-groups.ts";
import type { ObjectSource, ObjectsOfTable } from "./object-source.ts";
import type { ObjectsToStage, ObjectWarehouse, StagedObjects } from "./object-warehouse.ts";

/** Stages the objects of every table. */
export async function stageTables<S extends StagedObjects>(
  warehouse: ObjectWarehouse<S>,
  source: ObjectSource,
  spec: SpecOf<"load">,
  context: CommandContext,
): Promise<readonly S[]> {
  const { schema } = spec.work.load.to;
  const tables = source.tables.map((table) => ({
    ...table,
    target: warehouse.tableName({ schema, table: table.table }),
  }));
  refuseTakenTargets(source.field, tables);
  const items = context.progress.items(
    "table",
    tables.map(({ target }) => showTable(target)),
  );
  const staged: S[] = [];
  for (const [index, table] of tables.entries()) {
    items[index]?.running();
    const one = await stageTable(warehouse, source, spec, table);
    if (one === undefined) {
      items[index]?.ended("Skipped", { message: NO_NEW_FILES });
      continue;
    }
    items[index]?.staged({ rows: one.rows });
    staged.push(one);
  }
  return staged;
}

type Table = ObjectsOfTable & Pick<ObjectsToStage, "target">;

/** Stages the objects of one table; undefined when only new objects are wanted and there are none. */
async function stageTable<S extends StagedObjects>(
  warehouse: ObjectWarehouse<S>,
  source: ObjectSource,
  spec: SpecOf<"load">,
  table: Table,
): Promise<S | undefined> {
  const { onlyNew, from, columns, mode } = spec.work.load;
  const { source: pattern, target } = table;
  const found = await table.list();
  refuseNoFiles(found, `loading ${pattern} into ${showTable(target)}`, from.connection);
  const objects = onlyNew === true ? await newObjects(warehouse, target, found) : found;
  if (objects.length === 0) return undefined;
  const names = objects.map(({ name }) => name);
  const format = fileFormat(names, source.format ?? from.format);
  const groups = await groupObjects(source.store, objects, format, {
    renaming: renamingOf(spec, table.table),
    isMerge: mode === "merge",
  });
  const { extracted } = table;
  const staged = await warehouse.stage({
    source: pattern,
    target,
    format,
    groups,
    declared: new Map(Object.entries(columns?.[table.table] ?? {})),
    isMerge: mode === "merge",
    keepsTypes: mode !== "replace" || contractOf(spec.work.load).types === "freeze",
    ...(extracted === undefined ? {} : { extracted }),
    rejects: rejectLimit(spec),
  });
  await refuseReplaced(table, objects);
  refuseMissingRows(table, staged);
  return { ...staged, objects };
}

/** The objects that have changed since they were last loaded into the target, or never were: all of them when it is gone. */
export async function newObjects<S extends StagedObjects>(
  warehouse: ObjectWarehouse<S>,
  target: TableName,
  objects: readonly SourceFile[],
): Promise<readonly SourceFile[]> {
  try {
    return (await warehouse.hasTarget(target)) ? await withoutLoaded(warehouse.statements, target, objects) : objects;
  } catch (error) {
    throw warehouse.failure(error, `reading which objects ${showTable(target)} has`);
  }
}

function renamingOf({ work }: SpecOf<"load">, table: string): Renaming {
  return new Map(Object.entries(work.load.rename?.[table] ?? {}));
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
