import { DBT_VERSION } from "../dbt/context/dbt-version.ts";
import { DEPENDENCIES_FILE, PACKAGES_FILE } from "../dbt/deps/package-files.ts";
import { unflattened } from "../dbt/project/flat-files.ts";
import { givenVars } from "../dbt/project/given-vars.ts";
import type { ProjectTree } from "../dbt/project/project-package.ts";
import { checkSettings, readProject } from "../projects/read-project.ts";
import { nameOfSource } from "../projects/source-name.ts";
import type { CommandContext, SpecOf } from "./command.ts";

/** What `env_var` finds: nothing of the pod's environment, in which secrets may stand. */
export const ENVIRONMENT: ReadonlyMap<string, string> = new Map();

/**
 * The files of a dbt project by path, wherever it comes from, with its packages. A git repository is fetched now, at the run's commit
 * where it has one, and so are packages that the project does not have.
 */
export async function readDbtFiles(spec: SpecOf<"transform">, context: CommandContext): Promise<ProjectTree> {
  const tree = await readProjectFiles(spec, context);
  if (!tree.has(PACKAGES_FILE) && !tree.has(DEPENDENCIES_FILE)) return tree;
  const { packages, project, vars = {} } = spec.work.transform;
  const { installPackages } = await import("../packages/install-packages.ts");
  return await installPackages(tree, {
    ...{ packages, hubUrl: spec.hubUrl, git: project.git, dbtVersion: DBT_VERSION },
    ...{ vars: givenVars(vars), environment: ENVIRONMENT },
    ...{ chosen: spec.chosenPackages ?? [], onPackages: context.onPackages },
    ...{ gitSecretDirectory: context.gitSecretDirectory, packageSecretsDirectory: context.packageSecretsDirectory },
    ...{ workDirectory: context.workDirectory, signal: context.signal, log: context.log, redactor: context.redactor },
  });
}

async function readProjectFiles(spec: SpecOf<"transform">, context: CommandContext): Promise<ProjectTree> {
  const { project } = spec.work.transform;
  if (project.git === undefined) {
    const { files, isFlat } = await readProject(project, context.projectDirectory);
    return isFlat ? unflattened(files) : files;
  }
  const { fetchProject } = await import("../git/fetch-project.ts");
  const files = await fetchProject(project.git, {
    ...{ signal: context.signal, log: context.log, redactor: context.redactor, onCommit: context.onCommit },
    ...{ secretDirectory: context.gitSecretDirectory, workDirectory: context.workDirectory },
    ...{ name: nameOfSource(project), commit: spec.commit },
  });
  checkSettings(project, files, project.git.path);
  return files;
}
