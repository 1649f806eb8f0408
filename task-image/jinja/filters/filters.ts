import type { Filter } from "./filter.ts";
import { SEQUENCE_FILTERS } from "./sequence-filters.ts";
import { TEXT_FILTERS } from "./text-filters.ts";
import { VALUE_FILTERS } from "./value-filters.ts";

/** Jinja's and dbt's filters by name. */
export const FILTERS: ReadonlyMap<string, Filter> = new Map(
  [...TEXT_FILTERS, ...VALUE_FILTERS, ...SEQUENCE_FILTERS].map((each) => [each.name, each]),
);
