import type { z } from "zod";
import type { Extract } from "../extract.ts";
import type { ConnectionKind } from "../task.ts";

/** A place in a node's spec that names an entry of spec.connections. */
export interface ConnectionUse {
  /** Below the node. */
  readonly path: readonly (string | number)[];
  readonly connection: string;
  /** The kinds that will do; any where it is absent. */
  readonly kinds?: readonly ConnectionKind[];
}

/** A field of the verb that names one connection, for the rule that the API server checks. */
export interface ConnectionField {
  /** Below the node, such as `load.to.connection`. */
  readonly path: string;
  /** The field may be missing. */
  readonly optional?: true;
}

/** What a verb may look at of a pipeline's nodes: those whose files it takes. */
export type Nodes = Readonly<Record<string, { readonly extract?: z.infer<typeof Extract> | undefined }>>;

/**
 * All that the operator has to know of a verb: what users write, what that refers to, and what work the task gets. `verbs.ts` lists them; a
 * new one is a file beside it and a line there, and a command of the task image.
 */
export interface VerbEntry<S extends z.ZodType> {
  readonly schema: S;
  readonly fields: readonly ConnectionField[];
  /** Every place that names a connection. */
  connections(said: z.infer<S>): readonly ConnectionUse[];
  /** The nodes that it waits for beside those that the node says it needs. */
  needs?(said: z.infer<S>): readonly string[];
  /** The task's work; without it the node runs a program of its own. */
  work?(said: z.infer<S>, nodes: Nodes): object;
}

/** The warehouses that read the objects of a bucket themselves. */
export const OBJECT_WAREHOUSES = ["redshift", "snowflake"] as const satisfies readonly ConnectionKind[];
/** The warehouses that rows are loaded into. */
export const WAREHOUSES = ["postgres", ...OBJECT_WAREHOUSES] as const;
export type WarehouseKind = (typeof WAREHOUSES)[number];
/** The warehouses that dbt projects run on. */
export const DBT_WAREHOUSES = ["postgres", "redshift"] as const satisfies readonly ConnectionKind[];
export const POSTGRES = ["postgres"] as const satisfies readonly ConnectionKind[];
export const BUCKETS = ["s3"] as const satisfies readonly ConnectionKind[];
export const APIS = ["http"] as const satisfies readonly ConnectionKind[];
