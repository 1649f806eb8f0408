import { computed, noteRows, readingCatalog } from "../../jinja/row-values.ts";
import type { Rendering } from "../../jinja/running/rendering.ts";
import { iterate } from "../../jinja/values/sequence.ts";
import { toText } from "../../jinja/values/text-form.ts";
import type { Value } from "../../jinja/values/value.ts";
import type { StatementResult } from "../bridge/messages.ts";
import { fail } from "../values/host-function.ts";
import { TableValue } from "../values/table.ts";
import { type ResponseValue, tableOf } from "./answers.ts";
import { ColumnClass, ColumnValue, stringType } from "./column.ts";
import type { Connection } from "./connection.ts";
import type { QueryComment } from "./query-comment.ts";
import { RelationValue } from "./relation.ts";
import { QUOTED, type RelationCache } from "./relation-cache.ts";
import type { RelationClass } from "./relation-class.ts";
import type { Warehouse } from "./warehouse.ts";

/** Calls a macro outside of any node, as the adapter itself does: the root project may replace it. */
export type CallMacro = (name: string, named: Readonly<Record<string, Value>>) => Value;

export interface AdapterServices {
  readonly warehouse: Warehouse;
  /** The database of the connection. */
  readonly database: string;
  readonly relations: RelationClass;
  readonly connection: Connection;
  /** Statements carry none without it. */
  readonly comment?: QueryComment;
  readonly cache: Pick<RelationCache, "answer">;
  readonly callMacro: CallMacro;
  /** ISO 8601 in UTC, without a zone. */
  readonly now: () => string;
}

/** What dbt's adapter does beside its macros: statements, relations, columns and schemas. */
export class Adapter {
  readonly warehouse: Warehouse;
  readonly database: string;
  readonly relations: RelationClass;
  readonly columnClass: ColumnClass;
  readonly connection: Connection;
  readonly callMacro: CallMacro;
  readonly now: () => string;
  readonly #cache: Pick<RelationCache, "answer">;
  readonly #comment: QueryComment | undefined;

  constructor({ warehouse, database, relations, connection, comment, cache, callMacro, now }: AdapterServices) {
    this.warehouse = warehouse;
    this.database = database;
    this.relations = relations;
    this.columnClass = new ColumnClass(warehouse.columns);
    this.connection = connection;
    this.callMacro = (name, named) => readingCatalog(() => callMacro(name, named));
    this.now = now;
    this.#cache = cache;
    this.#comment = comment;
  }

  /** `adapter.execute`: the response, and the rows where they are asked for. */
  execute(
    sql: string | Rendering,
    options: { autoBegin: boolean; fetch: boolean; limit: number | undefined },
  ): readonly [ResponseValue, TableValue] {
    const result = this.query(sql, options.autoBegin);
    if (options.fetch && result.columns.length > 0) noteRows();
    return [
      this.warehouse.response(result),
      options.fetch ? tableOf(result, this.warehouse, options.limit) : TableValue.EMPTY,
    ];
  }

  /** Runs a statement with the comment that statements carry. */
  query(sql: string | Rendering, autoBegin: boolean): StatementResult {
    return this.connection.execute(this.#comment?.add(sql) ?? sql, autoBegin);
  }

  columns(relation: Value): readonly ColumnValue[] {
    const columns = iterate(this.callMacro("get_columns_in_relation", { relation }));
    return columns.filter((column) => column instanceof ColumnValue);
  }

  missingColumns(from: Value, to: Value): ColumnValue[] {
    const wanted = this.columns(from);
    const present = new Set(this.columns(to).map(({ data }) => data.name));
    return wanted.filter(({ data }) => !present.has(data.name));
  }

  /** Widens the strings of a table to those of another one. */
  expandColumns(from: Value, to: Value): void {
    const wanted = this.columns(from);
    const present = new Map(this.columns(to).map((column) => [column.data.name, column]));
    for (const column of wanted) {
      const { name } = column.data;
      if (present.get(name)?.canExpandTo(column) !== true) continue;
      const type = stringType(column.stringSize);
      this.callMacro("alter_column_type", { relation: to, column_name: name, new_column_type: type });
    }
  }

  /** The relations of a schema, asked of the database. */
  listSchema(schemaRelation: RelationValue): RelationValue[] {
    const rows = iterate(this.callMacro("list_relations_without_caching", { schema_relation: schemaRelation }));
    return rows.map((row) => {
      const [database = null, name = null, schema = null, type = null] = iterate(row).map((cell) =>
        cell === null ? null : toText(cell),
      );
      return this.relations.make({ database, schema, identifier: name }, { type, quote: QUOTED });
    });
  }

  /** The relations of a schema, from the cache where it was listed before. */
  listRelations(database: string, schema: string): RelationValue[] {
    const cached = this.#cache.answer({ call: "list", database, schema });
    if (cached !== undefined) return cached.map((each) => this.relations.restore(each));
    const listed = this.listSchema(this.relations.make({ database, schema }).withoutIdentifier());
    this.#cache.answer({ call: "fill", database, schema, relations: listed.map(({ stored }) => stored) });
    return listed;
  }

  getRelation(database: string, schema: string, identifier: string): RelationValue | null {
    const { quoting } = this.relations;
    const search = {
      database: quoting.database ? database : database.toLowerCase(),
      schema: quoting.schema ? schema : schema.toLowerCase(),
      identifier: quoting.identifier ? identifier : identifier.toLowerCase(),
    };
    const found = this.listRelations(database, schema).filter((relation) => relation.matches(search));
    if (found.length > 1) fail(`get_relation returned more than one relation for ${database}.${schema}.${identifier}`);
    return found[0] ?? null;
  }

  /** A relation that a materialization has made. */
  remember(relation: RelationValue): void {
    this.#cache.answer({ call: "add", relation: { ...relation.stored, isOwn: true } });
  }

  cacheAdded(relation: RelationValue): void {
    this.#cache.answer({ call: "add", relation: relation.stored });
  }

  cacheDropped(relation: RelationValue): void {
    this.#cache.answer({ call: "drop", relation: relation.data.path });
  }

  cacheRenamed(from: RelationValue, to: RelationValue): void {
    this.#cache.answer({ call: "rename", from: from.data.path, to: to.stored });
  }

  cacheLink(dependent: RelationValue, referenced: RelationValue): void {
    this.#cache.answer({ call: "link", dependent: dependent.data.path, referenced: referenced.data.path });
  }

  rename(from: RelationValue, to: RelationValue): void {
    this.cacheRenamed(from, to);
    this.callMacro("rename_relation", { from_relation: from, to_relation: to });
  }

  drop(relation: RelationValue): void {
    if (relation.data.type === null) fail(`Tried to drop relation ${relation.render()}, but its type is null.`);
    this.cacheDropped(relation);
    const drop = () => this.callMacro("drop_relation", { relation });
    if (this.warehouse.dropsAlone) this.connection.alone(drop);
    else drop();
  }

  createSchema(relation: RelationValue): void {
    this.callMacro("create_schema", { relation: relation.withoutIdentifier() });
    this.connection.commit();
  }

  dropSchema(relation: RelationValue): void {
    const bare = relation.withoutIdentifier();
    this.callMacro("drop_schema", { relation: bare });
    this.connection.commit();
    const { database, schema } = bare.data.path;
    this.#cache.answer({ call: "dropSchema", database: database ?? "", schema: schema ?? "" });
  }

  schemas(database: string): string[] {
    return iterate(this.callMacro("list_schemas", { database })).map((row) => toText(iterate(row)[0] ?? null));
  }

  schemaExists(database: string, schema: string): boolean {
    const information = this.relations.make({ database, schema }).informationSchema(null);
    const rows = iterate(this.callMacro("check_schema_exists", { information_schema: information, schema }));
    return Number(toText(iterate(rows[0] ?? [])[0] ?? 0n)) > 0;
  }
}

/** Whether the value is a relation; macros give None and undefined where they have none. */
export function relationOf(value: Value, owner: string): RelationValue {
  return value instanceof RelationValue
    ? value
    : fail(`${owner} expects a relation, found ${computed(toText(value)) || "nothing"}`);
}
