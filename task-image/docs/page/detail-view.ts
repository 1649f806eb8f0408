import type { PageNode } from "../page-data.ts";
import { aboutTab, overview } from "./about-tab.ts";
import { columnsTab } from "./columns-tab.ts";
import { h } from "./dom.ts";
import { glyph, TONES } from "./glyphs.ts";
import { sqlTab } from "./sql-tab.ts";
import { testsTab } from "./tests-tab.ts";
import { type Desk, TABS, type Tab } from "./view.ts";
import { duration, moment, numeral } from "./words.ts";

const LABELS: Readonly<Record<Tab, string>> = { about: "About", columns: "Columns", sql: "SQL", tests: "Tests" };

const BODIES: Readonly<Record<Tab, (desk: Desk, node: PageNode, place: number) => HTMLElement>> = {
  about: aboutTab,
  columns: columnsTab,
  sql: sqlTab,
  tests: testsTab,
};

/** All that is known of the selected node, or of the project where none is. */
export function detailView(desk: Desk): HTMLElement {
  const { project, view } = desk;
  const place = view.selected;
  const node = place === undefined ? undefined : project.nodes[place];
  if (place === undefined || node === undefined)
    return h("section", { class: "card detail", "aria-label": "Project" }, overview(desk));
  const verdict = project.verdicts[place] ?? { state: "none", word: "", note: "" };
  const about = [`${node.form} ${node.kind}`.trim(), node.relation?.replaceAll('"', "") ?? node.path];
  return h(
    "section",
    { class: "card detail", "aria-label": node.name },
    h(
      "div",
      { class: "title" },
      glyph(verdict.state, 20),
      h(
        "div",
        {},
        h("h2", {}, node.name, " ", h("span", { class: `word ${TONES[verdict.state]}` }, verdict.word)),
        h("p", { class: "quiet" }, about.join(" · "), lastOf(node)),
      ),
    ),
    tabs(desk, node),
    h(
      "div",
      { class: "body", role: "tabpanel", id: "panel", "aria-labelledby": `tab-${view.tab}`, tabindex: -1 },
      BODIES[view.tab](desk, node, place),
    ),
  );
}

/** When it was built last, and how long that took. */
function lastOf({ result, isBuilt }: PageNode): string {
  const parts = [
    result.at === null ? (isBuilt === false ? "not in the database" : "") : moment(result.at),
    result.seconds === null ? "" : duration(result.seconds),
    result.rows === null ? "" : `${numeral(result.rows)} rows`,
  ];
  const said = parts.filter((part) => part !== "");
  return said.length === 0 ? "" : ` · ${said.join(", ")}`;
}

function tabs({ view, show }: Desk, node: PageNode): HTMLElement {
  const counts: Readonly<Record<Tab, number | undefined>> = {
    about: undefined,
    columns: node.columns.length,
    sql: undefined,
    tests: node.tests.length,
  };
  const onkeydown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const tab = TABS[(TABS.indexOf(view.tab) + step + TABS.length) % TABS.length] ?? "about";
    show({ tab });
    document.getElementById(`tab-${tab}`)?.focus();
  };
  const buttons = TABS.map((tab, index) =>
    h(
      "button",
      {
        role: "tab",
        id: `tab-${tab}`,
        "aria-selected": String(view.tab === tab),
        "aria-controls": "panel",
        tabindex: view.tab === tab ? 0 : -1,
        title: `${LABELS[tab]} (${index + 1})`,
        onclick: () => show({ tab }),
      },
      LABELS[tab],
      counts[tab] === undefined ? undefined : h("span", { class: "quiet" }, ` ${counts[tab]}`),
    ),
  );
  return h("div", { class: "tabs", role: "tablist", "aria-label": "What is shown", onkeydown }, ...buttons);
}
