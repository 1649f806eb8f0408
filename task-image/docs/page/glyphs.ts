import type { ResultState } from "../page-data.ts";
import { svg } from "./dom.ts";

/** The classes of what stands for a state; `style.css` has their colours. */
export const TONES: Readonly<Record<ResultState, string>> = {
  succeeded: "ok",
  warned: "retry",
  failed: "fail",
  late: "fail",
  skipped: "idle",
  none: "idle",
};

interface Stroke {
  readonly d: string;
  /** Drawn with a pen so wide; without it the form is filled. */
  readonly pen?: number;
  readonly isHole?: boolean;
  readonly dashes?: string;
}

/** Each state has a shape of its own, on a field of 16 by 16. */
const SHAPES: Readonly<Record<ResultState, readonly Stroke[]>> = {
  succeeded: [{ d: "M8 1a7 7 0 1 0 0 14A7 7 0 1 0 8 1z" }, { d: "M4.9 8.3l2.1 2.1 4.1-4.5", pen: 1.7, isHole: true }],
  warned: [
    { d: "M8 .9l7.6 13.7H.4z" },
    { d: "M8 5.6v4", pen: 1.7, isHole: true },
    { d: "M8 12v.1", pen: 2, isHole: true },
  ],
  failed: [{ d: "M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z" }, { d: "M5.5 5.5l5 5m0-5l-5 5", pen: 1.8, isHole: true }],
  late: [
    { d: "M3.5 1.8h9M3.5 14.2h9M4.8 1.8v2.4L8 8l3.2-3.8V1.8M4.8 14.2v-2.4L8 8l3.2 3.8v2.4", pen: 1.6 },
    { d: "M6.2 12.9L8 11l1.8 1.9z" },
  ],
  skipped: [{ d: "M3 4l4.2 4L3 12M8.6 4l4.2 4-4.2 4", pen: 1.7 }],
  none: [{ d: "M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2z", pen: 1.6, dashes: "1.7 2.07" }],
};

/** The shape of a state. Whoever cannot see it reads the word beside it. */
export function glyph(state: ResultState, size = 16, at = { x: 0, y: 0 }): SVGSVGElement {
  const strokes = SHAPES[state].map(({ d, pen, isHole, dashes }) => {
    const ink = isHole === true ? "hole" : "shape";
    return svg("path", {
      d,
      class: pen === undefined ? ink : `${ink} pen`,
      "stroke-width": pen,
      "stroke-dasharray": dashes,
    });
  });
  return svg(
    "svg",
    { class: `glyph ${TONES[state]}`, viewBox: "0 0 16 16", width: size, height: size, ...at, "aria-hidden": "true" },
    ...strokes,
  );
}

/** A sign that is no state: it has the ink of what is around it. */
export function sign(d: string, size = 16): SVGSVGElement {
  return svg(
    "svg",
    { class: "glyph", viewBox: "0 0 16 16", width: size, height: size, "aria-hidden": "true" },
    svg("path", { d, class: "shape pen", "stroke-width": 1.5 }),
  );
}

export const SIGNS = {
  find: "M7 2.6a4.4 4.4 0 1 0 0 8.8 4.4 4.4 0 1 0 0-8.8zM10.4 10.4L14 14",
  theme: "M8 2.4a5.6 5.6 0 1 0 0 11.2A5.6 5.6 0 1 0 8 2.4zM8 2.4a5.6 5.6 0 0 1 0 11.2zM9.5 4v8M11.5 5v6",
  brand: "M5 5.2h2a2.8 2.8 0 0 1 0 5.6H5a2.8 2.8 0 0 1 0-5.6zM9 5.2h2a2.8 2.8 0 0 1 0 5.6H9",
} as const;
