import type { PageData } from "../page-data.ts";
import { detailView } from "./detail-view.ts";
import { h } from "./dom.ts";
import { GraphPane } from "./graph-view.ts";
import { headView, topBar } from "./head-view.ts";
import { helpDialog } from "./help.ts";
import { onKeys } from "./keys.ts";
import { listView, markRow, type Row, rowsOf } from "./list-view.ts";
import { readProject } from "./project.ts";
import { restoreTheme, switchTheme } from "./theme.ts";
import { type Desk, firstView, fromHash, hashOf, type View } from "./view.ts";

restoreTheme();
const data = JSON.parse(document.getElementById("data")?.textContent ?? "null") as PageData;
const project = readProject(data);
document.title = `${data.project} · kelt docs`;

let view: View = { ...firstView(project), ...fromHash(location.hash, project) };
let rows: readonly Row[] = [];
/** What the list was drawn for. */
let listed = "";
/** What the detail was drawn for. */
let detailed = "";

const help = helpDialog();
const { element: top, find } = topBar(project, {
  find: (query) => show({ query, folder: undefined }),
  theme: switchTheme,
  help: () => help.showModal(),
});
const graph = new GraphPane();
const list = h("div", { class: "left" });
const detail = h("div", { class: "right" });
const toggle = h("button", { class: "button small", "aria-expanded": "false", onclick: showGraph }, "Show the graph");
document.body.append(
  top,
  h("main", {}, headView(project), toggle, graph.element, h("div", { class: "two" }, list, detail)),
  help,
);

/** On a phone the graph stands behind a button. */
function showGraph(): void {
  const isOpen = graph.element.classList.toggle("open");
  toggle.setAttribute("aria-expanded", String(isOpen));
  toggle.textContent = isOpen ? "Hide the graph" : "Show the graph";
}

function show(change: Partial<View>): void {
  const before = view;
  view = { ...view, ...change };
  if (view.selected !== before.selected && change.column === undefined) view = { ...view, column: undefined };
  if (view.selected === undefined && view.graph === "near") view = { ...view, graph: firstView(project).graph };
  else if (view.selected !== before.selected && view.graph === "folders") view = { ...view, graph: "near" };
  draw();
  const hash = hashOf(view, project);
  if (hash !== location.hash && !(hash === "#" && location.hash === "")) location.hash = hash;
}

function draw(): void {
  const desk: Desk = { project, view, show };
  const wanted = JSON.stringify([view.query, view.filter, view.folder]);
  if (wanted !== listed) {
    rows = rowsOf(project, view);
    const hadFocus = list.contains(document.activeElement);
    list.replaceChildren(listView(desk, rows));
    if (hadFocus) list.querySelector<HTMLElement>(".rows, .chip")?.focus();
    listed = wanted;
  }
  markRow(list, view.selected);
  if (find.value !== view.query) find.value = view.query;
  const shown = JSON.stringify([view.selected, view.tab, view.column, view.isCompiled]);
  if (shown !== detailed) drawDetail(desk);
  detailed = shown;
  graph.update(desk);
}

/** What had the focus keeps it; where it is gone, the body of the detail has it. */
function drawDetail(desk: Desk): void {
  const focused = detail.contains(document.activeElement) ? document.activeElement : null;
  detail.replaceChildren(detailView(desk));
  if (focused === null) return;
  const same = focused.id === "" ? null : document.getElementById(focused.id);
  (same ?? detail.querySelector<HTMLElement>("#panel"))?.focus({ preventScroll: true });
}

onKeys({ find, help, graph, list, rows: () => rows, view: () => view, project, show });
addEventListener("hashchange", () => {
  if (location.hash === hashOf(view, project)) return;
  const said = fromHash(location.hash, project);
  view = { ...view, ...(said ?? { selected: undefined, column: undefined }) };
  draw();
});
draw();
