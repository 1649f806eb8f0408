import { Budget, DBT_LIMITS } from "../../jinja/budget.ts";
import { startOf } from "../../jinja/problem.ts";
import { plain } from "../../jinja/running/parameters.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { toText } from "../../jinja/values/text-form.ts";
import { ObjectValue, type Value } from "../../jinja/values/value.ts";
import type { NodeContext } from "../context/node-context.ts";
import type { MacroDefinition } from "../macros/macro.ts";
import { readMacroFile } from "../macros/macro-file.ts";

const FILE = "query-comment of dbt_project.yml";

/** Renders `query-comment` for the node whose statements come next; None where they are of no node. */
export function commentMacro(template: string, context: () => NodeContext): (name: string, node: Value) => string {
  if (template === "") return () => "";
  let definition: MacroDefinition | undefined;
  return (name, node) => {
    const text = `{%- macro query_comment_macro(connection_name, node) -%}\n${template}\n{% endmacro %}`;
    [definition] = definition === undefined ? readMacroFile("query-comment", FILE, text) : [definition];
    if (definition === undefined) return "";
    const macro = context().namespace.bound(definition);
    const budget = new Budget(DBT_LIMITS);
    const given = { positional: [name, commentNode(node)], named: new Map() };
    return toText(plain(budget.run(() => macro.call(given, { at: startOf(FILE), frame: undefined, budget }))));
  };
}

/** A node as comments see it: what it has not is an empty text. */
function commentNode(node: Value): Value {
  if (!(node instanceof DictValue)) return node;
  return new ObjectValue({ typeName: "node", attribute: (name) => node.get(name) ?? "" });
}
