import type { PipelineNode, PipelineSpec } from "../api/pipeline.ts";
import type { NodeStatus } from "../api/pipeline-run.ts";
import type { InstalledPackage, InstalledPackages } from "../api/project-packages.ts";
import type { Failure } from "./attempt/attempt-state.ts";
import type { AttemptFacts, Facts } from "./facts.ts";
import type { NodeContext, NodeDecision } from "./node.ts";
import { movedCommit, type RunOf } from "./project-commit.ts";
import { expectationOf, saidOf } from "./project-words.ts";

/*
 * Which packages the dbt project of a node has. All nodes of a run with the same project that ask for the same packages have the same
 * versions, whatever the hub and repositories say meanwhile. Nobody waits for that: it takes somebody who publishes a version in the
 * seconds between two attempts to make it matter, and then one of them is done again.
 *
 * | a task that begins                                          | what it does                                                      |
 * |-------------------------------------------------------------|-------------------------------------------------------------------|
 * | the run knows packages of what its project asks for         | installs these, and says nothing of them                          |
 * | else                                                        | chooses them, says so before it works with them: they are stored  |
 *
 * | an attempt says packages                                    | what it means                                                     |
 * |-------------------------------------------------------------|-------------------------------------------------------------------|
 * | that the run does not know                                  | they are the run's: they stand in the node's status               |
 * | that the run has already                                    | nothing: they stand where they were chosen                        |
 * | other ones than the run has for the same question           | the attempt has failed, which does not count; the next gets those |
 */

/** Choices that a Job is told: more are there only where a project changes again and again during a run. */
const CHOICES_MAX = 4;

/** What nodes of one project have in common; nothing where a node has none. */
function keyOf(node: PipelineNode | undefined): string | undefined {
  const { project, packages } = node?.transform ?? {};
  return project === undefined ? undefined : JSON.stringify([project, packages?.hub?.url]);
}

/** The packages that attempts of the run have chosen for a node's project: what its next Job is told. */
export function chosenPackages(name: string, { spec, status }: RunOf): readonly InstalledPackages[] {
  const key = keyOf(spec.nodes[name]);
  if (key === undefined) return [];
  const stored = Object.entries(status.nodes ?? {}).filter(([, { packages }]) => packages !== undefined);
  const chosen = stored.flatMap(([other, { packages }]) => (keyOf(spec.nodes[other]) === key ? (packages ?? []) : []));
  const isFirst = ({ asked }: InstalledPackages, place: number) =>
    chosen.findIndex((one) => one.asked === asked) === place;
  return chosen.filter(isFirst).slice(0, CHOICES_MAX);
}

/** The failure of an attempt that works with another commit, or other packages, than the run has, however it ends. */
export function movedProject(context: NodeContext, attempt: AttemptFacts): Failure | undefined {
  return movedCommit(context, attempt) ?? movedPackages(context, attempt);
}

/** What an attempt came to that works with other packages than the run has is not the run's. */
function movedPackages({ facts, name, packages }: NodeContext, attempt: AttemptFacts): Failure | undefined {
  const said = saidOf(attempt, expectationOf(facts, name, attempt), "packages");
  const runs = packages.get(said?.asked ?? "");
  const other = said === undefined || runs === undefined ? undefined : differenceOf(said, runs);
  if (other === undefined) return undefined;
  const message = `it chose ${other} for its project, and the run has others: it is tried again with those, which costs no attempt`;
  return { state: "failed", at: facts.now, retriable: true, reason: "PackagesMoved", message, uncounted: true };
}

/** What one has and the other has not. */
function differenceOf({ installed }: InstalledPackages, { installed: others }: InstalledPackages): string | undefined {
  const texts = new Set(others.map(textOf));
  const found = installed.find((one) => !texts.has(textOf(one)));
  if (found !== undefined) return textOf(found);
  return installed.length === others.length ? undefined : "fewer packages";
}

function textOf({ name, version, revision }: InstalledPackage): string {
  return `${name} ${version ?? revision ?? ""}`;
}

/** Packages by what was asked for. */
export type Choices = ReadonlyMap<string, InstalledPackages>;

const NONE: Choices = new Map();

/** The packages of the projects of a run, while a pass goes over its nodes: those that are stored, and those that this pass stores. */
export class ProjectPackages {
  readonly #facts: Facts;
  readonly #keys = new Map<string, string>();
  readonly #chosen = new Map<string, Map<string, InstalledPackages>>();

  constructor(spec: Pick<PipelineSpec, "nodes">, facts: Facts) {
    this.#facts = facts;
    for (const [name, node] of Object.entries(spec.nodes)) {
      const key = keyOf(node);
      if (key !== undefined) this.#keys.set(name, key);
    }
    for (const name of this.#keys.keys()) this.#add(name, facts.run.status.nodes?.[name]?.packages);
  }

  /** What the run has chosen for a node's project. */
  chosenFor(name: string): Choices {
    return this.#chosen.get(this.#keys.get(name) ?? "") ?? NONE;
  }

  /** The decision with what the node has chosen, where the run did not have it. A late word is kept whatever has become of the node. */
  taken(name: string, decision: NodeDecision, stored: NodeStatus): NodeDecision {
    if (!this.#keys.has(name)) return decision;
    const said = this.#saidBy(name);
    const isNew = said !== undefined && !this.chosenFor(name).has(said.asked);
    if (isNew) this.#add(name, said);
    const packages = isNew ? said : (stored.packages ?? decision.status.packages);
    return packages === undefined ? decision : { ...decision, status: { ...decision.status, packages } };
  }

  #add(name: string, packages: InstalledPackages | undefined): void {
    const key = this.#keys.get(name);
    if (key === undefined || packages === undefined) return;
    const chosen = this.#chosen.get(key) ?? new Map<string, InstalledPackages>();
    if (!chosen.has(packages.asked)) chosen.set(packages.asked, packages);
    this.#chosen.set(key, chosen);
  }

  #saidBy(name: string): InstalledPackages | undefined {
    const attempts = this.#facts.attempts.get(name) ?? [];
    return attempts
      .map((attempt) => saidOf(attempt, expectationOf(this.#facts, name, attempt), "packages"))
      .findLast((said) => said !== undefined);
  }
}
