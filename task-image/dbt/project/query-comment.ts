import { type Data, isMap, own } from "./data.ts";

/** `query-comment` of the root project: the comment that statements carry. */
export interface QueryCommentSetting {
  /** The body of a macro that sees `connection_name` and `node`; empty where the project wants no comment. */
  readonly template: string;
  /** Behind the statement instead of before it. */
  readonly append: boolean;
}

/** Says in JSON which node a statement belongs to, in dbt's words: people and tools look for them in `pg_stat_activity`. */
const DEFAULT_TEMPLATE = `
{%- set said = {
  "app": "dbt",
  "dbt_version": dbt_version,
  "profile_name": target.get("profile_name"),
  "target_name": target.get("target_name"),
} -%}
{%- do said.update({"node_id": node.unique_id} if node else {"connection_name": connection_name}) -%}
{{ return(tojson(said)) }}`;

/** Without the setting statements carry dbt's comment; an empty setting takes it away. */
export function queryCommentOf(setting: Data | undefined): QueryCommentSetting {
  if (setting === undefined) return { template: DEFAULT_TEMPLATE, append: false };
  if (!isMap(setting)) return { template: typeof setting === "string" ? setting : "", append: false };
  const comment = own(setting, "comment");
  return {
    template: typeof comment === "string" ? comment : DEFAULT_TEMPLATE,
    append: own(setting, "append") === true,
  };
}
