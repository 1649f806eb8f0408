import { POSTGRES_WAREHOUSE } from "./postgres.ts";
import { REDSHIFT_WAREHOUSE } from "./redshift.ts";
import type { AdapterType, Warehouse } from "./warehouse.ts";

/** Every adapter. A new one is a file, and a line here. */
export const ADAPTERS: Readonly<Record<AdapterType, Warehouse>> = {
  postgres: POSTGRES_WAREHOUSE,
  redshift: REDSHIFT_WAREHOUSE,
};

/** The adapter for a kind of connection. One that has none is Postgres' to refuse: it says which connection it expected. */
export function adapterFor(kind: string | undefined): AdapterType {
  return kind !== undefined && Object.hasOwn(ADAPTERS, kind) ? (kind as AdapterType) : "postgres";
}
