import type { PageNode, PageTest } from "../page-data.ts";
import { h } from "./dom.ts";
import { glyph, TONES } from "./glyphs.ts";
import { markdown } from "./markdown.ts";
import { sqlView } from "./sql-view.ts";
import { testWord } from "./verdict.ts";
import type { Desk } from "./view.ts";
import { counted, duration, moment } from "./words.ts";

const RANKS: Partial<Record<PageTest["result"]["state"], number>> = { failed: 0, warned: 1, none: 2, skipped: 2 };

/** The tests of a node, the worst first. */
export function testsTab(_desk: Desk, { tests, kind }: PageNode): HTMLElement {
  if (tests.length === 0) {
    const said =
      kind === "exposure"
        ? "Nothing tests an exposure."
        : "Nothing tests it yet: data_tests in its properties file would.";
    return h("p", { class: "quiet" }, said);
  }
  const rank = ({ result }: PageTest) => RANKS[result.state] ?? 3;
  return h("ul", { class: "tests" }, ...tests.toSorted((a, b) => rank(a) - rank(b)).map(testView));
}

function testView(test: PageTest): HTMLElement {
  const { name, column, given, result, severity, isUnitTest, path, sql, description } = test;
  const kind = [isUnitTest ? "unit test" : "", severity === "warn" ? "only warns" : ""].filter((each) => each !== "");
  const rows = result.failures === null || result.failures === 0 ? "" : `, ${counted(result.failures, "row")}`;
  const when =
    result.at === null ? "" : `${moment(result.at)}${result.seconds === null ? "" : `, ${duration(result.seconds)}`}`;
  return h(
    "li",
    {},
    h(
      "div",
      { class: "test-head" },
      glyph(result.state),
      h("span", { class: `word ${TONES[result.state]}` }, `${testWord(test)}${rows}`),
      h(
        "span",
        { class: "name" },
        name,
        column === null ? undefined : h("span", { class: "mono quiet" }, ` ${column}`),
      ),
      h("span", { class: "quiet when" }, when),
    ),
    given === "" && kind.length === 0
      ? undefined
      : h("p", { class: "quiet" }, [given, ...kind].filter((each) => each !== "").join(" · ")),
    description === "" ? undefined : markdown(description),
    ["failed", "warned"].includes(result.state) && result.message !== ""
      ? h("p", { class: "said" }, result.message)
      : undefined,
    sql === null ? h("p", { class: "quiet mono" }, path) : h("details", {}, h("summary", {}, "SQL"), sqlView(sql)),
  );
}
