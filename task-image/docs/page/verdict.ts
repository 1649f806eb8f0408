import type { PageData, PageNode, PageTest, ResultState } from "../page-data.ts";
import { counted } from "./words.ts";

/** What became of a node and its tests, as people see it. */
export interface Verdict {
  readonly state: ResultState;
  /** `Failed`: the word that stands beside the shape. */
  readonly word: string;
  /** `1 of 6 tests fails`: why, in a few words. */
  readonly note: string;
}

const WORDS: Readonly<Record<ResultState, string>> = {
  succeeded: "Succeeded",
  warned: "Warned",
  failed: "Failed",
  skipped: "Skipped",
  late: "Late",
  none: "No result",
};

/** A failure before what is late, that before a warning: the worst that is known of the node or of one of its tests. */
export function verdictOf(node: PageNode): Verdict {
  const state = stateOf(node);
  return { state, word: wordOf(node, state), note: noteOf(node, state) };
}

export function testWord({ result }: PageTest): string {
  return result.state === "succeeded" ? "Passed" : WORDS[result.state];
}

function stateOf({ result, tests }: PageNode): ResultState {
  const states = new Set([result.state, ...tests.map((test) => test.result.state)]);
  for (const state of ["failed", "late", "warned"] as const) if (states.has(state)) return state;
  if (result.state === "skipped") return "skipped";
  return states.has("succeeded") ? "succeeded" : "none";
}

function wordOf({ kind, result }: PageNode, state: ResultState): string {
  if (kind === "source" && state === "succeeded" && result.state === "succeeded") return "Fresh";
  return WORDS[state];
}

function noteOf(node: PageNode, state: ResultState): string {
  const { result, tests, kind } = node;
  if (result.state === "failed") return kind === "source" ? "age is not known" : "could not be built";
  const bad = tests.filter((test) => test.result.state === (state === "failed" ? "failed" : "warned"));
  if (bad.length > 0 && (state === "failed" || state === "warned")) {
    const verb = state === "failed" ? "fail" : "warn";
    return `${bad.length} of ${counted(tests.length, "test")} ${verb}${bad.length === 1 ? "s" : ""}`;
  }
  return tests.length === 0 ? "no tests" : counted(tests.length, "test");
}

/** The answer to "is all well?", as a sentence. */
export function titleOf(
  data: PageData,
  verdicts: readonly Verdict[],
): { readonly state: ResultState; readonly text: string } {
  const { nodes } = data;
  for (const state of ["failed", "late", "warned"] as const) {
    const places = verdicts.flatMap((verdict, index) => (verdict.state === state ? [index] : []));
    const [first] = places;
    if (first === undefined) continue;
    const name = nodes[first]?.name ?? "";
    if (places.length > 1)
      return {
        state,
        text: several(
          state,
          places.map((place) => nodes[place]?.name ?? ""),
        ),
      };
    const note = verdicts[first]?.note ?? "";
    return { state, text: state === "late" ? `${name} is late.` : `${name}: ${note}.` };
  }
  const tests = data.nodes.flatMap((node) => node.tests);
  const ran = new Set(tests.filter(({ result }) => result.state === "succeeded").map(({ id }) => id)).size;
  if (ran > 0)
    return {
      state: "succeeded",
      text: ran === 1 ? "The one test that ran passes." : `All ${ran} tests that ran pass.`,
    };
  if (verdicts.some(({ state }) => state === "succeeded"))
    return { state: "succeeded", text: "All that ran is built." };
  return { state: "none", text: `${data.project} has no results yet.` };
}

const SEVERAL = { failed: "fail", late: "are late", warned: "warn" } as const;

function several(state: keyof typeof SEVERAL, names: readonly string[]): string {
  const shown = names.slice(0, 2).join(", ");
  const rest = names.length - 2;
  return `${shown}${rest > 0 ? ` and ${rest} more` : ""} ${SEVERAL[state]}.`;
}
