import { collectProblem, type Problem, ProblemError, startOf } from "../../jinja/problem.ts";
import { cutBlocks } from "../macros/blocks.ts";
import type { ProjectFile, ProjectPackage } from "../project/project-package.ts";
import { baseName, Draft, type DraftStart, fqnOf, trimmedText } from "./draft.ts";
import { type Properties, textOf } from "./properties.ts";

/** Where nodes are built that say nothing, and when they are read. */
export interface DraftTarget {
  readonly database: string;
  readonly schema: string;
  /** Seconds since 1970: `created_at` of every node. */
  readonly now: number;
}

type MakeDraft = (start: DraftStart) => Draft;

/** Every node of a package that stands in a file of its own, and its hooks. Generic tests stand in properties. */
export function collectDrafts(
  owner: ProjectPackage,
  properties: readonly Properties[],
  target: DraftTarget,
  problems: Problem[],
): Draft[] {
  const make: MakeDraft = (start) => new Draft(start, target);
  return [
    ...sqlDrafts(owner, make),
    ...owner.files(["seeds"], [".csv"]).map((file) => seedDraft(owner, file, make)),
    ...owner
      .files(["snapshots"], [".sql"])
      .flatMap((file) => collectProblem(problems, () => snapshotDrafts(owner, file, make)) ?? []),
    ...properties.flatMap((each) => collectProblem(problems, () => yamlSnapshot(each, make)) ?? []),
    ...hookDrafts(owner, make),
  ];
}

function sqlDrafts(owner: ProjectPackage, make: MakeDraft): Draft[] {
  const { name: packageName } = owner.settings;
  const kinds = [
    { type: "model", folder: "models", extra: MODEL },
    { type: "analysis", folder: "analyses", extra: {} },
    { type: "test", folder: "tests", extra: TEST },
  ] as const;
  return kinds.flatMap(({ type, folder, extra }) =>
    owner
      .files([folder], [".sql"])
      .filter(({ path }) => type !== "test" || !/^(?:generic|fixtures)\//.test(path))
      .map((file) => {
        const name = baseName(file.path);
        const path = type === "analysis" ? `analysis/${file.path}` : file.path;
        return make({
          type,
          owner,
          file,
          name,
          path,
          fqn: fqnOf(packageName, path, name),
          extra,
          ...trimmedText(file),
        });
      }),
  );
}

const MODEL = {
  access: "protected",
  constraints: [],
  version: null,
  latest_version: null,
  deprecation_date: null,
  primary_key: [],
  time_spine: null,
};
const TEST = { column_name: null, file_key_name: null, attached_node: null };

/** The rows of a seed are read when it runs. */
function seedDraft(owner: ProjectPackage, file: ProjectFile, make: MakeDraft): Draft {
  const name = baseName(file.path);
  const fqn = fqnOf(owner.settings.name, file.path, name);
  const draft = make({
    type: "seed",
    owner,
    file,
    name,
    fqn,
    // Without the white space around it, as dbt takes the checksum of any file.
    rawCode: file.text.trim(),
    at: startOf(file.fullPath),
    extra: { root_path: null },
  });
  draft.fields.raw_code = "";
  return draft;
}

const SNAPSHOT = new Set(["snapshot"]);

function snapshotDrafts(owner: ProjectPackage, file: ProjectFile, make: MakeDraft): Draft[] {
  return cutBlocks(file.fullPath, file.text, SNAPSHOT).map(({ heading, body, bodyAt, at }) => {
    const name = /^\w+$/.exec(heading)?.[0];
    if (name === undefined) throw new ProblemError("expected a name behind 'snapshot'", at);
    const fqn = fqnOf(owner.settings.name, file.path, baseName(file.path), name);
    return make({ type: "snapshot", owner, file, name, fqn, rawCode: body, at: bodyAt });
  });
}

/** A snapshot of a relation that stands in a properties file. */
function yamlSnapshot(properties: Properties, make: MakeDraft): Draft[] {
  const { section, data, name, owner, file, position } = properties;
  if (section !== "snapshots" || data.relation === undefined) return [];
  return [
    make({
      type: "snapshot",
      owner,
      file,
      name,
      path: `${file.path}/${name}.sql`,
      fqn: fqnOf(owner.settings.name, file.path, name),
      rawCode: `select * from {{ ${textOf(data, "relation", "")} }}`,
      at: position(["relation"]),
    }),
  ];
}

function hookDrafts(owner: ProjectPackage, make: MakeDraft): Draft[] {
  const { settings, settingsPath } = owner;
  const when = [
    ["on-run-start", settings.onRunStart],
    ["on-run-end", settings.onRunEnd],
  ] as const;
  return when.flatMap(([key, statements]) =>
    statements.map((rawCode, index) => {
      const name = `${settings.name}-${key}-${index}`;
      const file = {
        path: `hooks/${name}.sql`,
        originalPath: "./dbt_project.yml",
        fullPath: settingsPath,
        text: rawCode,
      };
      const at = settings.position([key, index]);
      const fqn = [settings.name, "hooks", name];
      const draft = make({ type: "operation", owner, file, name, fqn, rawCode, at, extra: { index: BigInt(index) } });
      draft.fields.tags = [key];
      return draft;
    }),
  );
}

/** Python models, which this engine cannot run. */
export function pythonModels(owner: ProjectPackage): readonly ProjectFile[] {
  return owner.files(["models"], [".py"]);
}

export function modelFqn(owner: ProjectPackage, file: ProjectFile): string[] {
  return fqnOf(owner.settings.name, file.path, baseName(file.path));
}
