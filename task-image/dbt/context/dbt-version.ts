/** The version of dbt that kelt's macros, rules and artifacts are those of: `dbt_version` in templates. */
export const DBT_VERSION = "1.11.16";
