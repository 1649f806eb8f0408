import { h } from "./dom.ts";
import { glyph, SIGNS, sign } from "./glyphs.ts";
import type { Project } from "./project.ts";
import { titleOf } from "./verdict.ts";
import { moment, numeral } from "./words.ts";

interface TopBar {
  readonly element: HTMLElement;
  readonly find: HTMLInputElement;
}

export function topBar(
  project: Project,
  on: { find: (query: string) => void; theme: () => void; help: () => void },
): TopBar {
  const find = h("input", {
    type: "search",
    id: "find",
    placeholder: "Find a node, column, tag or SQL",
    "aria-label": "Find a node, column, tag or SQL",
    autocomplete: "off",
    spellcheck: "false",
    oninput: () => on.find(find.value),
  });
  const element = h(
    "header",
    { class: "top" },
    h("span", { class: "brand" }, sign(SIGNS.brand, 22), "kelt"),
    h("span", { class: "project" }, project.data.project),
    h("span", { class: "space" }),
    h("label", { class: "find" }, sign(SIGNS.find, 14), find, h("kbd", {}, "/")),
    h("button", { class: "icon", "aria-label": "Keys (?)", title: "Keys (?)", onclick: on.help }, "?"),
    h(
      "button",
      { class: "icon", "aria-label": "Light or dark (t)", title: "Light or dark (t)", onclick: on.theme },
      sign(SIGNS.theme),
    ),
  );
  return { element, find };
}

/** The verdict, and the few figures that stand behind it. */
export function headView(project: Project): HTMLElement {
  const { data, verdicts } = project;
  const { counts, resultsAt } = data;
  const title = titleOf(data, verdicts);
  const fresh = data.nodes.filter(({ kind, result }) => kind === "source" && result.state !== "none");
  const stale = fresh.filter(({ result }) => result.state !== "succeeded").length;
  const facts: readonly (readonly [string, string])[] = [
    [numeral(counts.models), counts.models === 1 ? "model" : "models"],
    [`${numeral(counts.testedModels)} of ${numeral(counts.models)}`, "models have tests"],
    [numeral(counts.tests), counts.tests === 1 ? "test" : "tests"],
    fresh.length === 0
      ? [numeral(counts.sources), counts.sources === 1 ? "source" : "sources"]
      : [`${numeral(fresh.length - stale)} of ${numeral(fresh.length)}`, "sources are fresh"],
    [`${numeral(counts.describedColumns)} of ${numeral(counts.columns)}`, "columns are described"],
  ];
  return h(
    "div",
    { class: "head" },
    h("h1", {}, glyph(title.state, 22), h("span", {}, title.text)),
    h(
      "p",
      { class: "facts" },
      ...facts.map(([figure, word]) => h("span", {}, h("b", {}, figure), ` ${word}`)),
      h("span", {}, resultsAt === null ? "No run has left results here" : `Results of ${moment(resultsAt)}`),
      h("span", {}, `Written ${moment(data.writtenAt)}`),
    ),
  );
}
