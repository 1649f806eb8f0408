import { formatProblem } from "../../jinja/problem.ts";
import { type EarlierArtifacts, previousManifest, previousResults } from "../artifacts/previous-run.ts";
import type { Manifest } from "../manifest/node.ts";
import { type Selection, SelectionError } from "../selection/criterion.ts";
import type { SelectionFacts } from "../selection/methods.ts";
import { select } from "../selection/select.ts";
import { readSelection } from "../selection/selection.ts";
import type { Selectors } from "../selection/selectors-file.ts";
import { isRun } from "./dependencies.ts";
import { hasFreshness } from "./freshness.ts";
import { type RunRequest, readRun } from "./read-run.ts";
import type { RunInput } from "./run-input.ts";
import { type DbtCommand, isTakenBy, VERBS } from "./verbs.ts";

/** What a project is read and selected with. Plain data: it is copied into a thread. */
export interface SelectedRequest {
  readonly request: RunRequest;
  readonly command: DbtCommand;
  readonly select: readonly string[];
  readonly exclude: readonly string[];
  /** A selector of selectors.yml, in place of both. */
  readonly selector?: string | undefined;
  /** Whether the macros of the manifest are wanted: they are half of it, and no thread needs them. */
  readonly withMacros?: boolean;
  /** What earlier runs have left, for selections that compare with it. */
  readonly earlier?: EarlierArtifacts | undefined;
}

/** What the thread that reads a project answers: a run, or why there is none. */
export type SelectedRun =
  | {
      readonly input: RunInput;
      /** The text of a seed's file, by the node's unique id. */
      readonly seeds: ReadonlyMap<string, string>;
      /** Ids of the sources that are selected: no command runs them, the catalog has them. */
      readonly sources: readonly string[];
      readonly warnings: readonly string[];
      /** Empty unless they are wanted. */
      readonly macros: Manifest["macros"];
    }
  | { readonly problems: readonly string[] };

/** Reads a project and selects what a command takes of it. */
export function readSelected(wanted: SelectedRequest): SelectedRun {
  const run = readRun(wanted.request);
  if (run.problems.length > 0) return { problems: run.problems.map(formatProblem) };
  try {
    const { manifest, selectors } = run;
    const facts = { manifest, selectors: selectors.find, ...earlierFacts(wanted) };
    const found = select(selectionOf(wanted, selectors), facts);
    const selected = [...found].filter((id) => isTaken(manifest, id, wanted.command));
    return {
      input: run.inputFor(selected, VERBS[wanted.command].does),
      seeds: run.seeds,
      sources: [...found].filter((id) => manifest.sources.has(id)),
      warnings: run.warnings.map(formatProblem),
      macros: wanted.withMacros === true ? manifest.macros : new Map(),
    };
  } catch (error) {
    if (error instanceof SelectionError) return { problems: [error.message] };
    throw error;
  }
}

function earlierFacts({ earlier }: SelectedRequest): Pick<SelectionFacts, "previous" | "results"> {
  return earlier === undefined ? {} : { previous: previousManifest(earlier), results: previousResults(earlier) };
}

/** What is named wins; the project's default selector counts where nothing is. */
function selectionOf({ select, exclude, selector }: SelectedRequest, { find, byDefault }: Selectors): Selection {
  if (selector !== undefined) return find(selector);
  if (byDefault !== undefined && select.length + exclude.length === 0) return byDefault;
  return readSelection(select, exclude);
}

function isTaken({ nodes, sources, unitTests, exposures }: Manifest, id: string, command: DbtCommand): boolean {
  const source = sources.get(id);
  if (source !== undefined) return isTakenBy(command, "source") && hasFreshness(source);
  const node = nodes.get(id);
  if (exposures.has(id)) return isTakenBy(command, "exposure");
  if (node === undefined) return unitTests.has(id) && isTakenBy(command, "unit_test");
  return isTakenBy(command, node.resource_type) && (isRun(node) || node.resource_type === "analysis");
}
