import { ProblemError } from "../../jinja/problem.ts";
import { bind } from "../../jinja/running/parameters.ts";
import { Scope } from "../../jinja/running/scope.ts";
import { nearest } from "../../jinja/suggestion.ts";
import { CallableValue, type Value } from "../../jinja/values/value.ts";
import { type Data, type DataMap, isMap, own } from "../project/data.ts";
import type { ProjectTree } from "../project/project-package.ts";
import { renderYaml } from "../project/rendered-yaml.ts";
import { envVarFunction, varFunction } from "../project/template-functions.ts";
import { readYaml, type YamlDocument } from "../project/yaml-document.ts";
import { type PackageSpec, readPackageSpec } from "./package-spec.ts";
import { secretMark } from "./package-url.ts";

export const PACKAGES_FILE = "packages.yml";
export const DEPENDENCIES_FILE = "dependencies.yml";

/** What templates in a packages.yml may do: far less than those of a project, which are read in a thread. */
export const TEMPLATE_LIMITS = { steps: 20_000, text: 65_536, allText: 262_144, depth: 20, operationMs: 100 };
/** No list of packages is longer. */
const CHARACTERS_MAX = 131_072;
export const PACKAGES_MAX = 200;

/** What a project, or one of its packages, says of the packages that it needs. */
export interface AskedPackages {
  /** The file that says it. */
  readonly file: string;
  readonly specs: readonly PackageSpec[];
  /** What dbt's hash of packages.yml is made of: each entry, with what it was before its templates were rendered. */
  readonly entries: readonly { readonly rendered: Data; readonly unrendered: Data }[];
}

/** What templates see. */
export interface TemplateFacts {
  readonly vars: DataMap;
  readonly environment: ReadonlyMap<string, string>;
}

export interface PackageFolder {
  /** Folder of the package: empty for the project that runs, else with a slash at its end. */
  readonly prefix: string;
  /** Who asks, for messages; the file by default. */
  readonly by?: string;
  /** The project that runs: its dependencies.yml is not rendered. */
  readonly isRoot: boolean;
}

/**
 * The packages that a folder asks for, in packages.yml or dependencies.yml. Nothing where it has neither.
 *
 * @throws {ProblemError} for a list that dbt does not take, for `projects`, and for what cannot be read, with its place.
 */
export function readAskedPackages(
  tree: ProjectTree,
  { prefix, by, isRoot }: PackageFolder,
  facts: TemplateFacts,
): AskedPackages | undefined {
  const [packages, dependencies] = [PACKAGES_FILE, DEPENDENCIES_FILE].map((name) => readFile(tree, `${prefix}${name}`));
  refuseProjects(packages, dependencies);
  const isListed = dependencies !== undefined && own(dependencies.map, "packages") !== undefined;
  if (isListed && packages !== undefined && own(packages.map, "packages") !== undefined) {
    const message = `packages stand in ${PACKAGES_FILE} and in ${DEPENDENCIES_FILE}: keep one list`;
    throw new ProblemError(message, dependencies.document.position(["packages"]));
  }
  const found = isListed ? dependencies : packages;
  if (found === undefined) return undefined;
  refuseOtherKeys(found, isListed ? ["packages", "projects"] : ["packages"]);
  return readList(found, by ?? found.file, isListed && isRoot ? undefined : packagesScope(facts));
}

/** The packages that a lock file names. */
export function readLockedPackages(
  file: string,
  text: string,
  facts: TemplateFacts,
): AskedPackages & { hash?: string } {
  const found = openFile(file, text);
  const hash = own(found.map, "sha1_hash");
  return { ...readList(found, file, packagesScope(facts)), ...(typeof hash === "string" ? { hash } : {}) };
}

interface OpenFile {
  readonly file: string;
  readonly document: YamlDocument;
  readonly map: DataMap;
}

function readFile(tree: ProjectTree, file: string): OpenFile | undefined {
  const text = tree.get(file);
  return text === undefined ? undefined : openFile(file, text);
}

function openFile(file: string, text: string): OpenFile {
  const start = { file, line: 1, column: 1 };
  if (text.length > CHARACTERS_MAX) {
    throw new ProblemError(
      `the file has more than ${CHARACTERS_MAX} characters: no list of packages is so long`,
      start,
    );
  }
  const document = readYaml(file, text);
  const { value } = document;
  if (value !== null && !isMap(value)) throw new ProblemError("expected a key packages", start);
  return { file, document, map: value ?? {} };
}

function refuseOtherKeys({ map, document }: OpenFile, keys: readonly string[]): void {
  const other = Object.keys(map).find((key) => !keys.includes(key));
  if (other === undefined) return;
  throw new ProblemError(`there is no key '${other}' here${nearest(other, keys)}`, document.position([other]));
}

function readList({ document, map, file }: OpenFile, by: string, scope: Scope | undefined): AskedPackages {
  const unrendered = own(map, "packages") ?? [];
  const isRendered = () => true;
  const rendered =
    scope === undefined
      ? unrendered
      : renderYaml(unrendered, ["packages"], { document, scope, isRendered, limits: TEMPLATE_LIMITS });
  if (!Array.isArray(rendered) || !Array.isArray(unrendered)) {
    throw new ProblemError("packages: expected a list of packages", document.position(["packages"]));
  }
  if (rendered.length > PACKAGES_MAX) {
    throw new ProblemError(`packages: at most ${PACKAGES_MAX} are taken`, document.position(["packages"]));
  }
  const specs = rendered.map((entry: Data, index) =>
    readPackageSpec(entry, {
      by,
      position: (key) => document.position(["packages", index, ...(key === undefined ? [] : [key])]),
    }),
  );
  const entries = rendered.map((entry: Data, index) => ({ rendered: entry, unrendered: unrendered[index] as Data }));
  return { file, specs, entries };
}

function refuseProjects(packages: OpenFile | undefined, dependencies: OpenFile | undefined): void {
  for (const { map, document, file } of [packages, dependencies].filter((each) => each !== undefined)) {
    const projects = own(map, "projects") ?? [];
    if (Array.isArray(projects) && projects.length === 0) continue;
    const advice = file.endsWith(PACKAGES_FILE) ? ` They stand in ${DEPENDENCIES_FILE}.` : "";
    throw new ProblemError(
      `projects: models of another project are asked of dbt's own service, which is not reached.${advice} Name the project under packages, by git for one, or make its models sources`,
      document.position(["projects"]),
    );
  }
}

const SECRET_PREFIX = "DBT_ENV_SECRET";

export function packagesScope({ vars, environment }: TemplateFacts): Scope {
  const scope = new Scope();
  const plain = envVarFunction(environment);
  scope.set("var", varFunction(vars));
  scope.set(
    "env_var",
    new CallableValue("env_var", (given, site): Value => {
      const name = bind("env_var()", ["name", "default?"], given).text(0);
      return name.startsWith(SECRET_PREFIX) ? secretMark(name) : (plain.call(given, site) as Value);
    }),
  );
  return scope;
}
