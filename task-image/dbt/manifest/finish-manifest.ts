import { collectProblem, type Problem, startOf } from "../../jinja/problem.ts";
import type { DataPath } from "../project/yaml-document.ts";
import type { Descriptions, RenderedDescription } from "./docs.ts";
import type { Draft } from "./draft.ts";
import type { ExposureDraft } from "./exposures.ts";
import { findCycle, reversed } from "./graph.ts";
import { macroNodes } from "./macro-nodes.ts";
import type { UnlinkedProject } from "./manifest-input.ts";
import type { ColumnInfo, DocBlock, Exposure, Manifest, ManifestNode, SourceDefinition, UnitTest } from "./node.ts";
import type { ParseWorld } from "./parse-context.ts";
import type { Properties } from "./properties.ts";
import { referencesOf } from "./relations-of-text.ts";
import { clashes, Resolver } from "./resolve.ts";
import type { SourceTable } from "./sources.ts";

export interface Finishing {
  readonly docs: ReadonlyMap<string, DocBlock>;
  readonly descriptions: Descriptions;
  readonly world: ParseWorld;
  readonly problems: Problem[];
  readonly warnings: Problem[];
}

type Disabled = ManifestNode | SourceDefinition | Exposure | UnitTest;

/** Follows references, renders descriptions, and puts all together. What is wrong goes into the problems. */
export function finishManifest(parts: UnlinkedProject, finishing: Finishing): Manifest {
  return new ManifestFinisher(parts, finishing).finish();
}

class ManifestFinisher {
  readonly #parts: UnlinkedProject;
  readonly #finishing: Finishing;
  readonly #resolver: Resolver;
  readonly #drafts: readonly Draft[];
  readonly #disabled = new Map<string, Disabled[]>();

  constructor(parts: UnlinkedProject, finishing: Finishing) {
    this.#parts = parts;
    this.#finishing = finishing;
    this.#drafts = [...parts.drafts, ...parts.tests.map(({ draft }) => draft)];
    this.#resolver = new Resolver(parts.packages, [...this.#drafts, ...parts.broken], parts.sources);
  }

  finish(): Manifest {
    const { packages, library, groups, properties } = this.#parts;
    const { docs, world, problems } = this.#finishing;
    const [root] = packages;
    problems.push(...clashes(this.#drafts.filter(({ isEnabled }) => isEnabled)));
    const nodes = new Map(
      this.#drafts.flatMap((draft) => this.#node(draft) ?? []).map((node) => [node.unique_id, node]),
    );
    const sources = new Map(
      this.#parts.sources.flatMap((table) => this.#source(table) ?? []).map((each) => [each.unique_id, each]),
    );
    const exposures = new Map(
      this.#parts.exposures.flatMap((each) => this.#exposure(each) ?? []).map((each) => [each.unique_id, each]),
    );
    const unitTests = new Map(
      this.#parts.unitTests.flatMap((each) => this.#unitTest(each) ?? []).map((each) => [each.unique_id, each]),
    );
    const parentMap = new Map<string, readonly string[]>([...sources.keys()].map((id) => [id, []]));
    for (const each of [...nodes.values(), ...exposures.values(), ...unitTests.values()]) {
      parentMap.set(each.unique_id, each.depends_on.nodes);
    }
    this.#checkCycles(nodes);
    return {
      projectName: root?.settings.name ?? "",
      adapterType: world.host.adapterTypes[0] ?? "",
      nodes,
      sources,
      exposures,
      groups: new Map(groups.map((each) => [each.unique_id, each])),
      unitTests,
      docs,
      macros: macroNodes(
        library,
        properties,
        packages,
        (each, text) => this.#describe(each, text, ["description"]).text,
      ),
      disabled: this.#disabled,
      parentMap,
      childMap: reversed(parentMap),
    };
  }

  #node(draft: Draft): ManifestNode[] {
    const { fields, type } = draft;
    if (draft.properties !== undefined) this.#describeDraft(draft, draft.properties);
    if (draft.isEnabled && type === "model") this.#followConstraints(draft);
    const resolved = draft.isEnabled
      ? this.#resolver.resolve({
          packageName: fields.package_name,
          group: fields.group,
          refs: draft.refs,
          sources: draft.sources,
        })
      : { nodes: [], problems: [] };
    const node = draft.finish(resolved.nodes);
    const isLost = type === "test" && resolved.problems.length > 0;
    if (isLost) this.#finishing.warnings.push(...resolved.problems);
    else this.#finishing.problems.push(...resolved.problems);
    if (draft.isEnabled && !isLost) return [node];
    this.#disable(isLost ? { ...node, config: { ...node.config, enabled: false } } : node);
    return [];
  }

  /** A foreign key refers to the table that it points to. */
  #followConstraints(draft: Draft): void {
    const ofColumns = Object.values(draft.fields.columns).flatMap(({ constraints }) => constraints);
    const ofModel = Array.isArray(draft.extra.constraints) ? (draft.extra.constraints as typeof ofColumns) : [];
    for (const { type, to } of [...ofModel, ...ofColumns]) {
      if (type !== "foreign_key" || typeof to !== "string" || draft.properties === undefined) continue;
      const at = draft.properties.position(["constraints"]);
      const found = collectProblem(this.#finishing.problems, () =>
        referencesOf(to, draft.fields.package_name, this.#finishing.world, at),
      );
      draft.refs.push(...(found?.refs ?? []));
      draft.sources.push(...(found?.sources ?? []));
    }
  }

  #describeDraft(draft: Draft, properties: Properties): void {
    const { text, blocks } = this.#describe(properties, draft.fields.description, ["description"]);
    draft.fields.description = text;
    draft.fields.doc_blocks = blocks;
    draft.fields.columns = this.#describeColumns(properties, draft.fields.columns);
  }

  #describeColumns(properties: Properties, columns: Readonly<Record<string, ColumnInfo>>): Record<string, ColumnInfo> {
    return Object.fromEntries(
      Object.entries(columns).map(([name, column]) => {
        const { text, blocks } = this.#describe(properties, column.description, ["columns"]);
        return [name, { ...column, description: text, doc_blocks: blocks }];
      }),
    );
  }

  #describe(properties: Properties, text: string, path: DataPath): RenderedDescription {
    const { problems, descriptions } = this.#finishing;
    const name = properties.owner.settings.name;
    const rendered = collectProblem(problems, () => descriptions.render(text, name, () => properties.position(path)));
    return rendered ?? { text, blocks: [] };
  }

  #source({ source, properties, isEnabled }: SourceTable): SourceDefinition[] {
    const { text, blocks } = this.#describe(properties, source.description, ["tables"]);
    const described: SourceDefinition = {
      ...source,
      description: text,
      doc_blocks: blocks,
      source_description: this.#describe(properties, source.source_description, ["description"]).text,
      columns: this.#describeColumns(properties, source.columns),
    };
    if (isEnabled) return [described];
    this.#disable(described);
    return [];
  }

  #exposure({ exposure, properties, refs, sources }: ExposureDraft): Exposure[] {
    const isEnabled = exposure.config.enabled !== false;
    const referrer = { packageName: exposure.package_name, group: null, refs, sources };
    const { nodes, problems } = isEnabled ? this.#resolver.resolve(referrer) : { nodes: [], problems: [] };
    this.#finishing.problems.push(...problems);
    const { text } = this.#describe(properties, exposure.description, ["description"]);
    const finished = { ...exposure, description: text, depends_on: { macros: [], nodes } };
    if (isEnabled) return [finished];
    this.#disable(finished);
    return [];
  }

  #unitTest(test: UnitTest): UnitTest[] {
    if (test.config.enabled !== false) return [test];
    this.#disable(test);
    return [];
  }

  #disable(item: Disabled): void {
    this.#disabled.set(item.unique_id, [...(this.#disabled.get(item.unique_id) ?? []), item]);
  }

  #checkCycles(nodes: ReadonlyMap<string, ManifestNode>): void {
    const edges = new Map([...nodes].map(([id, node]) => [id, node.depends_on.nodes]));
    const cycle = findCycle(edges);
    if (cycle === undefined) return;
    const [first = "", second = ""] = cycle;
    const draft = this.#drafts.find(({ id }) => id === first);
    const name = nodes.get(second)?.name;
    const at = draft?.refs.find(({ to }) => to.name === name)?.at ?? draft?.at ?? startOf(first);
    const names = cycle.map((id) => nodes.get(id)?.name ?? id);
    this.#finishing.problems.push({
      message: `models read each other in a circle: ${names.join(" -> ")}. Remove one of these refs`,
      at,
    });
  }
}
