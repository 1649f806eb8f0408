/** Where a relation lies; a part that is missing is null. */
export interface RelationPath {
  readonly database: string | null;
  readonly schema: string | null;
  readonly identifier: string | null;
}

/** `table`, `view`, `materialized_view`, `external`, `cte`, … as dbt names the types of relations. */
export type RelationType = string;

/** For each part of a path: whether it is printed, or in quotes. */
export interface PathPolicy {
  readonly database: boolean;
  readonly schema: boolean;
  readonly identifier: boolean;
}

export const PATH_PARTS = ["database", "schema", "identifier"] as const;

/** A relation that is in the database. */
export interface StoredRelation extends RelationPath {
  readonly type: RelationType | null;
  readonly quote: PathPolicy;
  /** A materialization made it in this run: its names are compared without regard to case where they are not quoted. */
  readonly isOwn: boolean;
}
