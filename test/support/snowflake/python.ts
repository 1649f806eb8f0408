import { pythonWith } from "../machine/python.ts";

const FAKESNOW_VERSION = "0.12.1";
/** fakesnow names a connector that is newer than what it works with, and any DuckDB. */
const PACKAGES = [`fakesnow[server]==${FAKESNOW_VERSION}`, "snowflake-connector-python<4", "duckdb~=2.0"];

/** Path of a Python that has fakesnow; another list of packages is another name. */
export function fakesnowPython(): Promise<string> {
  return pythonWith(`fakesnow-${FAKESNOW_VERSION}-duckdb-2`, PACKAGES);
}
