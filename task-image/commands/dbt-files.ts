import { unflattened } from "../dbt/project/flat-files.ts";
import type { ProjectTree } from "../dbt/project/project-package.ts";
import { checkSettings, readProject } from "../projects/read-project.ts";
import { nameOfSource } from "../projects/source-name.ts";
import type { CommandContext, SpecOf } from "./command.ts";

/** The files of a dbt project by path, wherever it comes from. A git repository is fetched now, at the run's commit where it has one. */
export async function readDbtFiles(spec: SpecOf<"transform">, context: CommandContext): Promise<ProjectTree> {
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
