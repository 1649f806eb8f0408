import type { RelationFacts } from "./catalog.ts";
import type { NodeResult } from "./engine.ts";
import type { StepEvidence } from "./evidence.ts";
import { showListDifference, showTextDifference } from "./show-difference.ts";

/** One thing that two engines did differently, in lines for people. */
export interface Difference {
  readonly step: string;
  /** A node or a relation. */
  readonly of: string;
  readonly about: "problem" | "result" | "statements" | "relation";
  readonly words: string;
}

/** Names of both sides, for people. */
export interface Sides {
  readonly expected: string;
  readonly found: string;
}

/** All that differs between two runs of the same scenario, in the order of steps, then nodes, then relations. */
export function compareEvidence(
  expected: readonly StepEvidence[],
  found: readonly StepEvidence[],
  sides: Sides,
): readonly Difference[] {
  return expected.flatMap((step, index) => {
    const other = found[index];
    if (other === undefined) {
      return [{ step: step.title, of: "", about: "problem" as const, words: `${sides.found} has no such step` }];
    }
    return [
      ...compareProblems(step, other, sides),
      ...compareEach("result", step, sides, step.results, other.results, compareResults),
      ...compareEach("statements", step, sides, step.statements, other.statements, (one, two) =>
        showListDifference("statement", one, two, sides),
      ),
      ...compareEach("relation", step, sides, step.relations, other.relations, compareRelations),
    ];
  });
}

/** One text over all differences, for a failed assertion. */
export function formatDifferences(differences: readonly Difference[]): string {
  return differences.map(({ step, of, about, words }) => `${step}, ${about} of ${of}:\n${words}`).join("\n\n");
}

function compareProblems(one: StepEvidence, two: StepEvidence, sides: Sides): readonly Difference[] {
  if ((one.problem === undefined) === (two.problem === undefined)) return [];
  const words = `${sides.expected}: ${one.problem ?? "no problem"}\n${sides.found}: ${two.problem ?? "no problem"}`;
  return [{ step: one.title, of: "the whole", about: "problem", words }];
}

function compareEach<T>(
  about: Difference["about"],
  { title: step }: StepEvidence,
  sides: Sides,
  expected: ReadonlyMap<string, T>,
  found: ReadonlyMap<string, T>,
  compare: (one: T, two: T, sides: Sides) => string | undefined,
): readonly Difference[] {
  const names = [...new Set([...expected.keys(), ...found.keys()])].sort();
  return names.flatMap((of) => {
    const [one, two] = [expected.get(of), found.get(of)];
    const words =
      one === undefined || two === undefined
        ? `only ${two === undefined ? sides.expected : sides.found} has it`
        : compare(one, two, sides);
    return words === undefined ? [] : [{ step, of, about, words }];
  });
}

function compareResults(one: NodeResult, two: NodeResult, sides: Sides): string | undefined {
  const short = ({ status, failures, rowsAffected }: NodeResult) =>
    `${status}, ${failures ?? "no"} failures, ${rowsAffected ?? "no"} rows`;
  if (short(one) !== short(two)) {
    const line = (name: string, result: NodeResult) => `${name}: ${short(result)}: ${result.message}`;
    return `${line(sides.expected, one)}\n${line(sides.found, two)}`;
  }
  return showTextDifference("compiled SQL", one.compiled ?? "", two.compiled ?? "", sides);
}

function compareRelations(one: RelationFacts, two: RelationFacts, sides: Sides): string | undefined {
  const texts = (["kind", "comment", "definition"] as const).map((fact) =>
    showTextDifference(fact, one[fact], two[fact], sides),
  );
  const lists = (["columns", "grants", "indexes", "constraints", "rows"] as const).map((fact) =>
    showListDifference(fact, one[fact], two[fact], sides),
  );
  const words = [...texts, ...lists].filter((each) => each !== undefined);
  return words.length === 0 ? undefined : words.join("\n");
}
