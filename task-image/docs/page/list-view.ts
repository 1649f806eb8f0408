import { h } from "./dom.ts";
import { glyph } from "./glyphs.ts";
import type { Project } from "./project.ts";
import { search } from "./search.ts";
import { type Desk, FILTERS, type Filter, goTo, type View } from "./view.ts";
import { counted, numeral } from "./words.ts";

const LABELS: Readonly<Record<Filter, string>> = {
  all: "All",
  failing: "Need a look",
  untested: "Without tests",
  undescribed: "Not described",
};

const PASSES: Readonly<Record<Filter, (project: Project, place: number) => boolean>> = {
  all: () => true,
  failing: ({ verdicts }, place) => ["failed", "late", "warned"].includes(verdicts[place]?.state ?? ""),
  untested: ({ nodes }, place) => nodes[place]?.kind === "model" && nodes[place].tests.length === 0,
  undescribed: ({ nodes }, place) => nodes[place]?.kind !== "analysis" && nodes[place]?.description === "",
};

/** A row of the list: a node, and where the search found it. */
export interface Row {
  readonly place: number;
  readonly where: string;
}

/** What the list shows, in its order: by folders, or by how well the search fits. */
export function rowsOf(project: Project, { query, filter, folder }: View): readonly Row[] {
  const rows = search(project.index, query).filter(
    ({ place }) => PASSES[filter](project, place) && (folder === undefined || project.folders[place] === folder),
  );
  if (query.trim() !== "") return rows;
  const firsts = new Map<string, number>();
  for (const { place } of rows) {
    const key = project.folders[place] ?? "";
    if (!firsts.has(key)) firsts.set(key, place);
  }
  const rank = ({ place }: Row) => firsts.get(project.folders[place] ?? "") ?? 0;
  return rows.toSorted((a, b) => rank(a) - rank(b) || a.place - b.place);
}

/** The list of nodes: the twin of the graph for whoever reads. */
export function listView(desk: Desk, rows: readonly Row[]): HTMLElement {
  const { project, view, show } = desk;
  const chips = FILTERS.flatMap((filter) => {
    const count = project.nodes.filter((_, place) => PASSES[filter](project, place)).length;
    if (count === 0 && view.filter !== filter) return [];
    const onclick = () => show({ filter: view.filter === filter ? "all" : filter });
    const pressed = String(view.filter === filter);
    return [
      h(
        "button",
        { class: "chip", "aria-pressed": pressed, onclick },
        LABELS[filter],
        h("span", { class: "quiet" }, ` ${numeral(count)}`),
      ),
    ];
  });
  return h(
    "section",
    { class: "card list", "aria-label": "Nodes" },
    h("div", { class: "chips", role: "group", "aria-label": "Which nodes" }, ...chips),
    rows.length === 0 ? emptyList(desk) : listBox(desk, rows),
  );
}

function emptyList({ project, view, show }: Desk): HTMLElement {
  const filters = [
    view.query === "" ? "" : `“${view.query}”`,
    view.filter === "all" ? "" : LABELS[view.filter].toLowerCase(),
    view.folder ?? "",
  ];
  const said = filters.filter((each) => each !== "").join(", ");
  const onclick = () => show({ query: "", filter: "all", folder: undefined });
  return h(
    "div",
    { class: "empty" },
    `Nothing fits ${said}. It hides ${counted(project.nodes.length, "node")}. `,
    h("button", { class: "link", onclick }, "Clear"),
  );
}

/** So many rows of a search are drawn: nobody reads on, and the next letter changes them. */
const HITS_MAX = 100;

function listBox(desk: Desk, rows: readonly Row[]): HTMLElement {
  const { project, view, show } = desk;
  const isSearch = view.query.trim() !== "";
  const children: Node[] = [];
  let folder: string | undefined;
  for (const { place, where } of isSearch ? rows.slice(0, HITS_MAX) : rows) {
    const own = project.folders[place] ?? "";
    if (!isSearch && own !== folder) children.push(h("div", { class: "folder", role: "presentation" }, own));
    folder = own;
    children.push(rowView(desk, { place, where }));
  }
  if (isSearch && rows.length > HITS_MAX)
    children.push(
      h("div", { class: "folder", role: "presentation" }, `${numeral(rows.length - HITS_MAX)} more: type on`),
    );
  const onclick = (event: MouseEvent) => {
    const row = (event.target as Element).closest<HTMLElement>("[data-place]");
    if (row !== null) show(goTo(Number(row.dataset.place), view.tab));
  };
  return h(
    "div",
    {
      class: "rows",
      role: "listbox",
      tabindex: 0,
      "aria-label": `${counted(rows.length, "node")}; j and k move`,
      "aria-activedescendant": view.selected === undefined ? undefined : `row-${view.selected}`,
      onclick,
    },
    ...children,
  );
}

function rowView({ project, view }: Desk, { place, where }: Row): HTMLElement {
  const node = project.nodes[place];
  const verdict = project.verdicts[place];
  if (node === undefined || verdict === undefined) return h("div");
  const isLoud = ["failed", "late", "warned"].includes(verdict.state);
  return h(
    "div",
    {
      class: "row",
      role: "option",
      id: `row-${place}`,
      "data-place": place,
      "aria-selected": String(view.selected === place),
      "aria-label": `${node.name}, ${node.form} ${node.kind}, ${verdict.word}, ${verdict.note}${where === "" ? "" : `, found: ${where}`}`,
    },
    glyph(verdict.state),
    h("span", { class: "name" }, node.name, where === "" ? undefined : h("span", { class: "quiet where" }, where)),
    h(
      "span",
      { class: isLoud ? `note ${verdict.state}` : "note" },
      isLoud || verdict.state === "skipped" ? verdict.word : node.form || node.kind,
    ),
  );
}

/** Scrolls the list alone, and no further than needed. */
function scrollTo(box: Element, row: Element): void {
  const [outer, inner] = [box.getBoundingClientRect(), row.getBoundingClientRect()];
  if (inner.top < outer.top) box.scrollTop -= outer.top - inner.top + inner.height;
  else if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom + inner.height;
}

/** Marks another row as selected, without drawing the list anew. */
export function markRow(list: Element, selected: number | undefined): void {
  list.querySelector('[aria-selected="true"]')?.setAttribute("aria-selected", "false");
  const box = list.querySelector(".rows");
  const row = selected === undefined ? null : list.querySelector(`#row-${selected}`);
  if (row === null) {
    box?.removeAttribute("aria-activedescendant");
    return;
  }
  row.setAttribute("aria-selected", "true");
  box?.setAttribute("aria-activedescendant", row.id);
  if (box !== null) scrollTo(box, row);
}
