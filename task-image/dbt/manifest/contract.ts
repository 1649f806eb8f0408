import { createHash } from "node:crypto";
import { toText } from "../../jinja/values/text-form.ts";
import type { Data } from "../project/data.ts";
import { toValue } from "../project/template-values.ts";
import type { Draft } from "./draft.ts";

/** What changes when a contract does: `state:modified.contract` compares it. */
export function contractChecksum({ fields, extra }: Draft): string {
  const names = Object.keys(fields.columns).sort();
  const columns = names.map((name) => {
    const column = fields.columns[name];
    return `|${name}${column?.data_type ?? "None"}${show(column?.constraints ?? [])}`;
  });
  return createHash("sha256")
    .update(`${columns.join("")}${show(extra.constraints ?? [])}`)
    .digest("hex");
}

function show(data: Data): string {
  return toText(toValue(data));
}
