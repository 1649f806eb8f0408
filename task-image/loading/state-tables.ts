/** The table of committed loads, one in every schema that is loaded into. */
export const LOADS_TABLE = "_kelt_loads";
/** The table of files that have been loaded, in every schema that files are loaded into. */
export const FILES_TABLE = "_kelt_files";
/**
 * The table of rows that were not loaded, or not whole: `action` says whether a row was wrong (`reject`), or whether the load's schema
 * contract left out a row (`discardRow`) or a value (`discardValue`). Rows of tables have no line.
 */
export const REJECTS_TABLE = "_kelt_rejects";

/** The table of how far each incremental load has come. */
export const CURSORS_TABLE = "_kelt_cursors";

/** The table of the parts of loads that several pods do together: `load-parts.ts` writes it. */
export const PARTS_TABLE = "_kelt_parts";

/** The table of what attempts have said of their items: `kept-report/report-table.ts` writes it. It is made where it is wanted. */
export const REPORTS_TABLE = "_kelt_reports";

/** The table of how nodes of dbt projects have ended, for later attempts: `postgres/node-results.ts` writes it. */
export const NODES_TABLE = "_kelt_nodes";

/** The table of numbers that checks compare with those of earlier runs: `checks/history/metric-history.ts` writes it. */
export const METRICS_TABLE = "_kelt_metrics";

/** The table of dbt projects that have been read, for the Jobs that build one together: `postgres/kept-projects.ts` writes it. */
export const PROJECTS_TABLE = "_kelt_projects";

const STATE_TABLES = [LOADS_TABLE, FILES_TABLE, REJECTS_TABLE, CURSORS_TABLE, PARTS_TABLE] as const;

export type StateTable = (typeof STATE_TABLES)[number];

/** Whether a table of that name is kelt's own. */
export function isStateTable(table: string): boolean {
  return [...STATE_TABLES, REPORTS_TABLE, NODES_TABLE, METRICS_TABLE, PROJECTS_TABLE].some((own) => own === table);
}
