import { formatPosition } from "../../jinja/position.ts";
import type { Problem } from "../../jinja/problem.ts";
import { nearest } from "../../jinja/suggestion.ts";
import type { ProjectPackage } from "../project/project-package.ts";
import type { Draft, Reference } from "./draft.ts";
import { Lookup, type Referable } from "./lookup.ts";
import type { RefArgs, SourceDefinition, Version } from "./node.ts";
import { compareVersions } from "./versions.ts";

/** What refers to other things. */
export interface Referrer {
  readonly packageName: string;
  readonly group: string | null;
  readonly refs: readonly Reference<RefArgs>[];
  readonly sources: readonly Reference<readonly [string, string]>[];
}

/** Unique ids of what something refers to, and what is wrong with the rest. */
export interface Resolved {
  readonly nodes: readonly string[];
  readonly problems: readonly Problem[];
}

/** Finds out what references mean, when all nodes are known: sources first, as dbt does. */
export class Resolver {
  readonly #drafts: ReadonlyMap<string, Draft>;
  readonly #nodes: Lookup;
  readonly #sources: Lookup;
  readonly #restricted: ReadonlySet<string>;

  constructor(
    packages: readonly ProjectPackage[],
    drafts: readonly Draft[],
    sources: Iterable<{ readonly source: SourceDefinition; readonly isEnabled: boolean }>,
  ) {
    const rootPackage = packages[0]?.settings.name ?? "";
    const referable = drafts.filter(({ type }) => type === "model" || type === "seed" || type === "snapshot");
    this.#drafts = new Map(referable.filter(({ isEnabled }) => isEnabled).map((draft) => [draft.id, draft]));
    this.#nodes = new Lookup(rootPackage, referable.map(referableOf));
    this.#sources = new Lookup(
      rootPackage,
      [...sources].map(({ source, isEnabled }) => ({
        id: source.unique_id,
        name: `${source.source_name}.${source.name}`,
        packageName: source.package_name,
        version: null,
        latestVersion: null,
        isEnabled,
      })),
    );
    this.#restricted = new Set(
      packages.filter(({ settings }) => settings.restrictsAccess).map(({ settings }) => settings.name),
    );
  }

  resolve(referrer: Referrer): Resolved {
    const problems: Problem[] = [];
    const nodes = new Set<string>();
    for (const { to, at } of referrer.sources) {
      const name = to.join(".");
      const found = this.#sources.find({ name, package: null, version: null }, referrer.packageName);
      const message = this.#sourceProblem(name, found);
      if (message !== undefined) problems.push({ message, at });
      else if (found !== undefined) nodes.add(found.id);
    }
    for (const { to, at } of referrer.refs) {
      const found = this.#nodes.find(to, referrer.packageName);
      const message = this.#refProblem(to, found, referrer);
      if (message !== undefined) problems.push({ message, at });
      else if (found !== undefined) nodes.add(found.id);
    }
    return { nodes: [...nodes], problems };
  }

  #refProblem(to: RefArgs, found: Referable | undefined, referrer: Referrer): string | undefined {
    const shown = showRef(to);
    if (found === undefined) return `${shown}: ${this.#missing(to)}`;
    if (!found.isEnabled) return `${shown}: '${to.name}' is disabled: enable it or remove the ref`;
    const target = this.#drafts.get(found.id);
    const { access } = target?.extra ?? {};
    const isForeign = referrer.packageName !== found.packageName && this.#restricted.has(found.packageName);
    if (access === "private" && (isForeign || referrer.group === null || referrer.group !== target?.fields.group)) {
      return `${shown}: the model is private to the group '${target?.fields.group ?? ""}': put this node into the group, or make the model's access protected`;
    }
    if (access === "protected" && isForeign) {
      return `${shown}: the project '${found.packageName}' restricts access, and the model is not public`;
    }
    return undefined;
  }

  #missing({ name, version }: RefArgs): string {
    const versions = this.#nodes.versions(name).sort(compareVersions);
    if (versions.length > 0)
      return `there is no version ${showVersion(version)} of '${name}', only ${versions.join(", ")}`;
    return `there is no model, seed or snapshot '${name}'${nearest(name, this.#nodes.names())}`;
  }

  #sourceProblem(name: string, found: Referable | undefined): string | undefined {
    const [source, table] = name.split(".");
    const shown = `source('${source}', '${table}')`;
    if (found === undefined) {
      const advice = nearest(name, this.#sources.names()) || ": declare it under sources in a .yml file of the project";
      return `${shown}: there is no table '${table}' of a source '${source}'${advice}`;
    }
    return found.isEnabled ? undefined : `${shown}: the source is disabled: enable it or remove the call`;
  }
}

function referableOf({ id, fields, extra, isEnabled }: Draft): Referable {
  return {
    id,
    name: fields.name,
    packageName: fields.package_name,
    version: (extra.version ?? null) as Version | null,
    latestVersion: (extra.latest_version ?? null) as Version | null,
    isEnabled,
  };
}

function showRef({ name, package: wanted, version }: RefArgs): string {
  return `ref(${wanted === null ? "" : `'${wanted}', `}'${name}'${version === null ? "" : `, v=${version}`})`;
}

function showVersion(version: Version | null): string {
  return version === null ? "of its own" : String(version);
}

/** Two nodes of one name in one package, or of one relation, would replace each other. */
export function clashes(drafts: readonly Draft[]): Problem[] {
  const names = new Map<string, Draft>();
  const relations = new Map<string, Draft>();
  return drafts.flatMap((draft) => {
    const { fields, at, type } = draft;
    if (fields.relation_name === null && type !== "model") return [];
    const twin = keep(names, type === "test" ? fields.unique_id : `${fields.package_name}.${nameOf(draft)}`, draft);
    if (twin !== undefined) {
      const message = `'${fields.name}' stands in ${formatPosition(twin.at)} too: names of models, seeds and snapshots are unique, rename one`;
      return [{ message, at }];
    }
    const neighbour = fields.relation_name === null ? undefined : keep(relations, fields.relation_name, draft);
    if (neighbour === undefined) return [];
    const message = `'${fields.name}' would be built as ${fields.relation_name}, which is '${neighbour.fields.name}' of ${formatPosition(neighbour.at)}: configure another alias or schema`;
    return [{ message, at }];
  });
}

function nameOf({ fields, extra }: Draft): string {
  const version = extra.version ?? null;
  return version === null ? fields.name : `${fields.name}.v${String(version)}`;
}

function keep(known: Map<string, Draft>, key: string, draft: Draft): Draft | undefined {
  const before = known.get(key);
  known.set(key, before ?? draft);
  return before;
}
