import { h, svg } from "./dom.ts";
import { glyph, TONES } from "./glyphs.ts";
import { type Graph, type GraphBox, graphOf } from "./graph-boxes.ts";
import { layOut, type Placed } from "./layout.ts";
import { reached } from "./project.ts";
import { BOXES_MAX, type Desk, goTo } from "./view.ts";
import { numeral } from "./words.ts";

const MARGIN = 14;
const SCALES = [0.15, 0.25, 0.4, 0.6, 0.8, 1] as const;
/** Below it names cannot be read any more. */
const LETTERS_FROM = 0.5;

interface Drawn {
  readonly graph: Graph;
  readonly placed: Placed;
  readonly element: SVGSVGElement;
  readonly hot: SVGPathElement;
  readonly boxes: readonly SVGGElement[];
}

/** The graph and its bar. It is drawn anew only where other boxes are shown: a choice marks what is there. */
export class GraphPane {
  readonly element = h("section", { class: "card graph", "aria-label": "Graph; the list says the same" });
  readonly #bar = h("div", { class: "bar" });
  readonly #field = h("div", { class: "field" });
  #drawn: Drawn | undefined;
  #scale: number | undefined;
  #desk: Desk | undefined;

  constructor() {
    this.element.append(this.#bar, this.#field);
  }

  update(desk: Desk): void {
    this.#desk = desk;
    const graph = graphOf(desk.project, desk.view);
    if (this.#drawn?.graph.key !== graph.key) {
      this.#scale = undefined;
      this.#draw(graph);
    }
    this.#mark();
    this.#bar.replaceChildren(...this.#tools());
  }

  focus(): void {
    const box = this.#drawn?.boxes.find((each) => each.getAttribute("tabindex") === "0");
    box?.focus();
  }

  #draw(graph: Graph): void {
    const placed = layOut(graph.boxes);
    const hot = svg("path", { class: "edge hot" });
    const boxes = graph.boxes.map((box, index) => boxView(box, placed.boxes[index] ?? { x: 0, y: 0 }));
    const all = placed.edges.map(({ path }) => path).join("");
    const [width, height] = [placed.width + 2 * MARGIN, placed.height + 2 * MARGIN];
    const element = svg(
      "svg",
      {
        viewBox: `${-MARGIN} ${-MARGIN} ${width} ${height}`,
        role: "group",
        "aria-label": "Graph: arrows move, Enter opens",
        onclick: (event: MouseEvent) => this.#open(event.target as Element),
        onkeydown: (event: KeyboardEvent) => this.#press(event),
      },
      svg("path", { class: "edge", d: all }),
      hot,
      ...boxes,
    );
    this.#drawn = { graph, placed, element, hot, boxes };
    this.#field.replaceChildren(element);
    this.#size();
  }

  /** As large as it is written, smaller where there are too many boxes to be read at once. */
  #size(): void {
    const drawn = this.#drawn;
    if (drawn === undefined) return;
    const { placed, element, graph } = drawn;
    const [width, height] = [placed.width + 2 * MARGIN, placed.height + 2 * MARGIN];
    const room = this.#field.clientWidth || 1200;
    const fitting = SCALES.findLast((scale) => width * scale <= room) ?? SCALES[0];
    const scale = this.#scale ?? (graph.boxes.length <= BOXES_MAX ? Math.max(0.8, fitting) : Math.min(0.6, fitting));
    this.#scale = scale;
    element.setAttribute("width", String(Math.round(width * scale)));
    element.setAttribute("height", String(Math.round(height * scale)));
    element.classList.toggle("far", scale < LETTERS_FROM);
  }

  #mark(): void {
    const [drawn, desk] = [this.#drawn, this.#desk];
    if (drawn === undefined || desk === undefined) return;
    const { graph, placed, boxes, hot } = drawn;
    const { selected } = desk.view;
    const at = graph.boxes.findIndex(({ place }) => place !== undefined && place === selected);
    for (const [index, box] of boxes.entries()) {
      box.classList.toggle("selected", index === at);
      box.setAttribute("tabindex", index === Math.max(0, at) ? "0" : "-1");
    }
    hot.setAttribute("d", at < 0 ? "" : wayThrough(graph, placed, at));
    if (at >= 0) this.#reveal(at);
  }

  /** Scrolls to a box, where it is out of sight. */
  #reveal(index: number): void {
    const at = this.#drawn?.placed.boxes[index];
    const box = this.#drawn?.graph.boxes[index];
    if (at === undefined || box === undefined) return;
    const { clientWidth, clientHeight, scrollLeft, scrollTop } = this.#field;
    const scale = this.#scale ?? 1;
    const [x, y] = [(at.x + MARGIN) * scale, (at.y + MARGIN) * scale];
    const isSeen =
      x >= scrollLeft &&
      x + box.width * scale <= scrollLeft + clientWidth &&
      y >= scrollTop &&
      y + box.height * scale <= scrollTop + clientHeight;
    if (!isSeen)
      this.#field.scrollTo(
        x - clientWidth / 2 + (box.width * scale) / 2,
        y - clientHeight / 2 + (box.height * scale) / 2,
      );
  }

  #tools(): Node[] {
    const desk = this.#desk;
    if (desk === undefined) return [];
    const { view, show, project } = desk;
    const node = view.selected === undefined ? undefined : project.nodes[view.selected];
    if (node !== undefined && view.column !== undefined) {
      const name = `${node.name}.${view.column}`;
      const onclick = () => show({ column: undefined });
      return [
        h("h2", {}, "The way of ", h("span", { class: "mono" }, name)),
        h("span", { class: "space" }),
        h("button", { class: "button", onclick }, "All nodes (Esc)"),
      ];
    }
    const isLarge = project.nodes.length > BOXES_MAX;
    const modes = [
      ...(node === undefined ? [] : [["near", `Near ${node.name}`] as const]),
      ...(isLarge ? [["folders", view.folder === undefined ? "Folders" : view.folder] as const] : []),
      ["all", `All ${numeral(project.nodes.length)}`] as const,
    ];
    const buttons = modes.map(([graph, label]) =>
      h(
        "button",
        {
          "aria-pressed": String(view.graph === graph),
          onclick: () => show({ graph, ...(graph === "folders" ? { folder: undefined } : {}) }),
        },
        label,
      ),
    );
    const zoom = (step: number, label: string, text: string) =>
      h("button", { "aria-label": label, onclick: () => this.#zoom(step) }, text);
    return [
      h("h2", {}, "Graph"),
      h("div", { class: "segments", role: "group", "aria-label": "How much" }, ...buttons),
      h("span", { class: "space" }),
      h(
        "div",
        { class: "segments", role: "group", "aria-label": "Size" },
        zoom(-1, "Smaller", "−"),
        zoom(1, "Larger", "+"),
      ),
    ];
  }

  #zoom(step: number): void {
    const now = SCALES.findIndex((scale) => scale >= (this.#scale ?? 1));
    this.#scale = SCALES[Math.min(SCALES.length - 1, Math.max(0, now + step))] ?? 1;
    this.#size();
    this.#mark();
  }

  #open(target: Element): void {
    const index = this.#drawn?.boxes.findIndex((box) => box.contains(target)) ?? -1;
    this.#choose(index);
  }

  #choose(index: number): void {
    const box = this.#drawn?.graph.boxes[index];
    const desk = this.#desk;
    if (box === undefined || desk === undefined) return;
    if (box.folder !== undefined) desk.show({ folder: box.folder });
    else if (box.place !== undefined) desk.show(goTo(box.place, desk.view.tab));
  }

  /** Left and right go along edges, up and down within a rank. */
  #press(event: KeyboardEvent): void {
    const drawn = this.#drawn;
    const index = drawn?.boxes.indexOf(document.activeElement as SVGGElement) ?? -1;
    if (drawn === undefined || index < 0) return;
    if (event.key === "Enter" || event.key === " ") this.#choose(index);
    else {
      const next = neighbour(drawn, index, event.key);
      if (next === undefined) return;
      for (const [each, box] of drawn.boxes.entries()) box.setAttribute("tabindex", each === next ? "0" : "-1");
      drawn.boxes[next]?.focus({ preventScroll: true });
      this.#reveal(next);
    }
    event.preventDefault();
    event.stopPropagation();
  }
}

function neighbour({ graph, placed }: Drawn, index: number, key: string): number | undefined {
  const own = placed.boxes[index] ?? { x: 0, y: 0 };
  const all = [...graph.boxes.keys()];
  const candidates: Readonly<Record<string, () => readonly number[]>> = {
    ArrowLeft: () => graph.boxes[index]?.parents ?? [],
    ArrowRight: () => all.filter((each) => graph.boxes[each]?.parents.includes(index)),
    ArrowUp: () => all.filter((each) => placed.boxes[each]?.x === own.x && (placed.boxes[each]?.y ?? 0) < own.y),
    ArrowDown: () => all.filter((each) => placed.boxes[each]?.x === own.x && (placed.boxes[each]?.y ?? 0) > own.y),
  };
  const distance = (each: number) => Math.abs((placed.boxes[each]?.y ?? 0) - own.y);
  return candidates[key]?.().toSorted((a, b) => distance(a) - distance(b))[0];
}

/** The edges of all that a box reads and of all that reads it. */
function wayThrough({ boxes }: Graph, { edges }: Placed, at: number): string {
  const children = new Map<number, number[]>();
  for (const { from, to } of edges) children.set(from, [...(children.get(from) ?? []), to]);
  const before = reached(at, (box) => boxes[box]?.parents ?? [], Number.POSITIVE_INFINITY);
  const after = reached(at, (box) => children.get(box) ?? [], Number.POSITIVE_INFINITY);
  const isOn = ({ from, to }: { from: number; to: number }) =>
    (before.has(from) && before.has(to)) || (after.has(from) && after.has(to));
  return edges
    .filter(isOn)
    .map(({ path }) => path)
    .join("");
}

function boxView(
  { name, line, state, width, height, isMono, place, folder }: GraphBox,
  { x, y }: { x: number; y: number },
): SVGGElement {
  return svg(
    "g",
    {
      class: `box ${TONES[state]} ${state}${folder === undefined ? "" : " group"}`,
      transform: `translate(${x} ${Math.round(y * 10) / 10})`,
      role: "button",
      tabindex: -1,
      "aria-label": `${name}, ${line}, ${state}`,
      "data-box": place ?? folder,
    },
    svg("rect", { class: "ring", x: -3.5, y: -3.5, width: width + 7, height: height + 7, rx: 9 }),
    svg("rect", { class: "ground", width, height, rx: 6 }),
    glyph(state, 16, { x: 10, y: 12 }),
    svg("text", { class: "t1", x: 34, y: 17 }, name),
    svg("text", { class: isMono ? "t2 mono" : "t2", x: 34, y: 31 }, line),
  );
}
