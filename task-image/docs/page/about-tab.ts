import type { PageNode, PageTest } from "../page-data.ts";
import { h } from "./dom.ts";
import { glyph } from "./glyphs.ts";
import { markdown } from "./markdown.ts";
import { type Desk, goTo } from "./view.ts";
import { age, counted } from "./words.ts";

export function aboutTab(desk: Desk, node: PageNode, place: number): HTMLElement {
  const { project } = desk;
  return h(
    "div",
    { class: "about" },
    why(desk, node),
    node.description === ""
      ? h("p", { class: "quiet" }, `It has no description yet: write one in a properties file beside ${node.path}.`)
      : markdown(node.description),
    h(
      "div",
      { class: "neighbours" },
      neighbours(desk, "Reads", node.parents),
      neighbours(desk, "Read by", project.children[place] ?? []),
    ),
    facts(node),
  );
}

/** What is wrong, before everything else. */
function why(desk: Desk, node: PageNode): HTMLElement | undefined {
  const bad = node.tests.filter(({ result: { state } }) => state === "failed" || state === "warned");
  const lines = [...ownTrouble(node), ...bad.map((test) => testTrouble(desk, test))];
  if (lines.length === 0) return undefined;
  const states = [node.result.state, ...bad.map(({ result }) => result.state)];
  const hasFailed = states.includes("failed") || states.includes("late");
  return h("div", { class: `why ${hasFailed ? "fail" : ""}` }, ...lines);
}

/** What the node itself came to, if that is bad. */
function ownTrouble({ kind, result }: PageNode): Node[] {
  const { state, age: seconds, message } = result;
  if (kind === "source" && ["failed", "late", "warned"].includes(state)) {
    return [h("p", {}, seconds === null ? message : `The newest row was ${age(seconds)} old when it was looked at.`)];
  }
  return state === "failed" || state === "skipped" ? [h("p", { class: "said" }, message)] : [];
}

function testTrouble({ show }: Desk, { name, column, result }: PageTest): Node {
  const { failures, message, state } = result;
  const rows =
    failures === null || failures === 0 ? message : `${counted(failures, "row")} break${failures === 1 ? "s" : ""} it`;
  const label = `${name}${column === null ? "" : ` of ${column}`}`;
  const button = h("button", { class: "link", onclick: () => show({ tab: "tests" }) }, label);
  return h("p", {}, glyph(state), " ", button, ` ${rows}`);
}

function neighbours(desk: Desk, label: string, places: readonly number[]): HTMLElement {
  return h(
    "section",
    {},
    h("h3", {}, label),
    places.length === 0
      ? h("p", { class: "quiet" }, "nothing of this project")
      : h("ul", {}, ...places.map((place) => h("li", {}, nodeLink(desk, place)))),
  );
}

/** A node by its name, with its state. */
export function nodeLink({ project, show }: Desk, place: number): HTMLElement {
  const node = project.nodes[place];
  const verdict = project.verdicts[place];
  if (node === undefined || verdict === undefined) return h("span");
  return h(
    "button",
    {
      class: "link node",
      onclick: () => show(goTo(place)),
      "aria-label": `${node.name}, ${node.kind}, ${verdict.word}`,
    },
    glyph(verdict.state, 14),
    h("span", {}, node.name),
  );
}

function facts({ path, relation, tags, facts: more }: PageNode): HTMLElement {
  const all: readonly (readonly [string, string])[] = [
    ["File", path],
    ...(relation === null ? [] : [["Relation", relation] as const]),
    ...more,
  ];
  return h(
    "dl",
    {},
    ...(tags.length === 0
      ? []
      : [h("dt", {}, "Tags"), h("dd", {}, ...tags.map((tag) => h("span", { class: "tag" }, tag)))]),
    ...all.flatMap(([label, text]) => [
      h("dt", {}, label),
      h("dd", { class: ["File", "Relation"].includes(label) ? "mono" : "" }, text),
    ]),
  );
}

/** What is shown before a node is chosen. */
export function overview(desk: Desk): HTMLElement {
  const { data, verdicts } = desk.project;
  const bad = verdicts.flatMap(({ state }, place) => (["failed", "late", "warned"].includes(state) ? [place] : []));
  return h(
    "div",
    { class: "body about" },
    h("h2", {}, data.project),
    data.overview === null
      ? h("p", { class: "quiet" }, "Choose a node in the list or in the graph: j and k move, / finds.")
      : markdown(data.overview),
    bad.length === 0 ? undefined : neighbours(desk, "Need a look", bad),
  );
}
