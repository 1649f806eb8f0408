import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GitProject } from "#api/project-source.ts";
import { fetchProject } from "../../../task-image/git/fetch-project.ts";
import { nameOfSource } from "../../../task-image/projects/source-name.ts";
import { temporaryDirectory } from "../machine/temporary-directory.ts";
import { aContext } from "../tasks/task.ts";

export type SecretFiles = Readonly<Record<string, string>>;

/** A Secret as the kubelet mounts it. */
export function mountSecret(files: SecretFiles, directory = temporaryDirectory("secret")): string {
  mkdirSync(directory, { recursive: true });
  for (const [key, value] of Object.entries(files)) writeFileSync(join(directory, key), value);
  return directory;
}

/** What a project's fetch comes to: its files and commit, or its error; and all that it has printed. */
export async function fetched(
  git: GitProject,
  secret: SecretFiles,
  { commit, signal }: { readonly commit?: string; readonly signal?: AbortSignal } = {},
) {
  const context = aContext(signal === undefined ? {} : { signal });
  const commits: string[] = [];
  const outcome = await fetchProject(git, {
    ...{ signal: context.signal, log: context.log, redactor: context.redactor, commit },
    ...{ secretDirectory: mountSecret(secret), workDirectory: context.workDirectory },
    ...{ name: nameOfSource({ git }), onCommit: (found: string) => void commits.push(found) },
  }).then(
    (files) => ({ files: Object.fromEntries(files) }),
    (error: unknown) => ({ error: error as Error & { code: string; kind: string } }),
  );
  return { files: undefined, error: undefined, ...outcome, commits, log: context.lines.join("\n") };
}
