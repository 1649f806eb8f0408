import type { PageNode } from "../page-data.ts";
import { h } from "./dom.ts";
import { sqlView } from "./sql-view.ts";
import type { Desk } from "./view.ts";

export function sqlTab({ view: { isCompiled }, show }: Desk, { sql, compiled, kind, path }: PageNode): HTMLElement {
  if (sql === null) {
    const said = kind === "seed" ? `It is the file ${path}, as it is.` : "It has no SQL of this project.";
    return h("p", { class: "quiet" }, said);
  }
  if (compiled === null) return sqlView(sql);
  const button = (label: string, value: boolean) => {
    const onclick = () => show({ isCompiled: value });
    return h("button", { "aria-pressed": String(isCompiled === value), onclick }, label);
  };
  return h(
    "div",
    {},
    h(
      "div",
      { class: "segments", role: "group", "aria-label": "Which SQL" },
      button("As written", false),
      button("As the database gets it", true),
    ),
    sqlView(isCompiled ? compiled : sql),
  );
}
