import type { PageColumn, PageNode, PageTest } from "../page-data.ts";
import { h } from "./dom.ts";
import { glyph } from "./glyphs.ts";
import { markdownLine } from "./markdown.ts";
import { type ColumnPlace, fedBy } from "./trace.ts";
import { testWord } from "./verdict.ts";
import { type Desk, goTo } from "./view.ts";

export function columnsTab(desk: Desk, node: PageNode, place: number): HTMLElement {
  if (node.columns.length === 0) {
    const said =
      node.isBuilt === false
        ? "It is not in the database, and no properties file names its columns."
        : "No columns are known.";
    return h("p", { class: "quiet" }, said);
  }
  const isDerived = node.kind === "model" || node.kind === "snapshot";
  const unread = isDerived && !node.hasLineage;
  return h(
    "div",
    {},
    unread
      ? h(
          "p",
          { class: "quiet" },
          "Where its columns come from is not known: its SQL could not be read with certainty.",
        )
      : undefined,
    h(
      "table",
      { class: "columns" },
      h("thead", {}, h("tr", {}, ...["Column", "Type", "What it is"].map((label) => h("th", { scope: "col" }, label)))),
      h("tbody", {}, ...node.columns.map((column) => columnRow(desk, node, { place, column }))),
    ),
  );
}

function columnRow(desk: Desk, node: PageNode, { place, column }: { place: number; column: PageColumn }): HTMLElement {
  const { view, show, project } = desk;
  const tests = node.tests.filter((test) => test.column?.toLowerCase() === column.name.toLowerCase());
  const feeds = fedBy(project.feeds, { node: place, column: column.name });
  const isTraced = view.column === column.name;
  const hasWay = feeds.length > 0 || (column.origins?.length ?? 0) > 0;
  const onclick = () => show({ column: isTraced ? undefined : column.name });
  const name = hasWay
    ? h(
        "button",
        { class: "link mono", "aria-pressed": String(isTraced), title: "Follow it in the graph", onclick },
        column.name,
      )
    : h("span", { class: "mono" }, column.name);
  return h(
    "tr",
    { class: isTraced ? "traced" : "" },
    h("th", { scope: "row" }, name),
    h("td", { class: "mono quiet" }, column.type ?? ""),
    h(
      "td",
      {},
      column.description === "" ? undefined : markdownLine(column.description),
      marks(column, tests),
      origins(desk, node, column),
      feeds.length === 0
        ? undefined
        : h("div", { class: "way" }, h("span", { class: "quiet" }, "To "), ...listed(desk, feeds)),
    ),
  );
}

function marks({ marks: said }: PageColumn, tests: readonly PageTest[]): HTMLElement | undefined {
  if (said.length + tests.length === 0) return undefined;
  return h(
    "div",
    { class: "marks" },
    ...said.map((mark) => h("span", { class: "tag" }, mark)),
    ...tests.map((test) =>
      h(
        "span",
        { class: "tag test", title: testWord(test) },
        glyph(test.result.state, 12),
        `${test.name}`,
        h("span", { class: "unseen" }, `, ${testWord(test)}`),
      ),
    ),
  );
}

function origins(desk: Desk, node: PageNode, { origins: found }: PageColumn): HTMLElement | undefined {
  if (found === null) return node.hasLineage ? h("div", { class: "way quiet" }, "From: not known") : undefined;
  if (found.length === 0) return h("div", { class: "way quiet" }, "From no column");
  const isSame = found.every((origin) => origin.isSame);
  return h(
    "div",
    { class: "way" },
    h("span", { class: "quiet" }, isSame ? "From " : "Computed from "),
    ...listed(desk, found),
  );
}

/** Columns of other nodes, with commas between them. */
function listed({ project, show }: Desk, columns: readonly ColumnPlace[]): (Node | string)[] {
  return columns.flatMap(({ node, column }, index) => {
    const name = `${project.nodes[node]?.name ?? ""}.${column}`;
    const link = h("button", { class: "link mono", onclick: () => show(goTo(node, "columns", column)) }, name);
    return index === 0 ? [link] : [", ", link];
  });
}
