import { join } from "node:path";
import { nearestName } from "#api/nearest-name.ts";
import type { ProjectSource } from "#api/project-source.ts";
import { SETTINGS_FILE } from "../dbt/project/project-settings.ts";
import { ConfigurationError } from "../errors.ts";
import { missingFolder } from "./missing-folder.ts";
import { readKeys, readTree } from "./project-directory.ts";
import { nameOfSource } from "./source-name.ts";

/** A project's files as they were found. */
export interface FoundProject {
  /** Text by path, or by key of a ConfigMap. */
  readonly files: ReadonlyMap<string, string>;
  /** Whether the files come from keys of ConfigMaps, which have no folders. */
  readonly isFlat: boolean;
}

/**
 * The files of a project that is mounted at `directory`, wherever it comes from.
 *
 * | source                        | files                                          | without any                        |
 * |-------------------------------|------------------------------------------------|------------------------------------|
 * | configMap                     | its keys, dbt_project.yml among them           | EmptyProject; ProjectMissing       |
 * | configMaps                    | the keys of all; one of two is RepeatedFile    | EmptyProject, of the one that is empty; ProjectMissing |
 * | persistentVolumeClaim, image  | what dbt reads below `path`                    | ProjectMissing, with what is there |
 * | git                           | the same of a commit: `git/fetch-project.ts`   | the same                           |
 *
 * @throws {ConfigurationError} when files are missing, stand twice, or are too many.
 */
export async function readProject(source: ProjectSource, directory: string): Promise<FoundProject> {
  const { configMap, configMaps = [], persistentVolumeClaim, image } = source;
  const folder = persistentVolumeClaim ?? image;
  if (folder !== undefined) return { files: await readFolder(source, directory, folder.path), isFlat: false };
  const mounted = configMap === undefined ? configMaps.map((name) => [name, join(directory, name)] as const) : [];
  const sources = configMap === undefined ? mounted : [[configMap, directory] as const];
  const files = new Map<string, string>();
  const owners = new Map<string, string>();
  for (const [name, mount] of sources) {
    const found = await readKeys(mount);
    if (found.size === 0) throw emptyConfigMap(name);
    for (const [path, text] of found) {
      const owner = owners.get(path);
      if (owner !== undefined) throw repeated(path, owner, name);
      owners.set(path, name);
      files.set(path, text);
    }
  }
  if (!files.has(SETTINGS_FILE)) {
    throw missingKey(
      sources.map(([name]) => name),
      files,
    );
  }
  return { files, isFlat: true };
}

/** Keys that a message lists. */
const NAMED_MAX = 5;

function missingKey(configMaps: readonly string[], files: ReadonlyMap<string, string>): ConfigurationError {
  const [name = ""] = configMaps;
  const isOne = configMaps.length === 1;
  const owner = isOne ? `ConfigMap ${name} has no` : `none of the ConfigMaps ${configMaps.join(", ")} has the`;
  const keys = [...files.keys()].sort();
  const rest = keys.length > NAMED_MAX ? ` and ${keys.length - NAMED_MAX} more` : "";
  const found = `${keys.slice(0, NAMED_MAX).join(", ")}${rest}`;
  const near = nearestName(SETTINGS_FILE, keys);
  const advice =
    near === undefined
      ? `Add the project's ${SETTINGS_FILE} to it (--from-file of kubectl create configmap, files of a configMapGenerator)`
      : `Give the key ${near} this name`;
  return new ConfigurationError(
    "ProjectMissing",
    `${owner} key ${SETTINGS_FILE}, which a dbt project begins with; found ${found}. ${advice}, and start another run`,
  );
}

async function readFolder(
  source: ProjectSource,
  directory: string,
  path: string | undefined,
): Promise<ReadonlyMap<string, string>> {
  const files = await readTree(directory, path ?? "", (cause) => missingFolder(source, directory, { path, cause }));
  checkSettings(source, files, path);
  return files;
}

/** @throws {ConfigurationError} where a folder has no dbt_project.yml, with those that are below it. */
export function checkSettings(
  source: ProjectSource,
  files: ReadonlyMap<string, string>,
  path: string | undefined,
): void {
  if (files.has(SETTINGS_FILE)) return;
  const others = [...files.keys()].filter((file) => file.endsWith(`/${SETTINGS_FILE}`)).slice(0, 3);
  const found = others.length === 0 ? "no such file below it" : others.join(", ");
  const folders = others.map((file) => join(path ?? "", file.slice(0, -SETTINGS_FILE.length - 1)));
  const advice = folders.length === 0 ? "the folder that has one" : folders.join(" or ");
  throw new ConfigurationError(
    "ProjectMissing",
    `expected ${SETTINGS_FILE} in ${nameOfSource(source)}, found ${found}. Set path of the project to ${advice}`,
  );
}

function emptyConfigMap(name: string): ConfigurationError {
  return new ConfigurationError(
    "EmptyProject",
    `ConfigMap ${name} does not exist or holds no file: expected ${SETTINGS_FILE} and at least one model. Every attempt reads it as it is then: when a tool has removed it, create it again and start another run`,
  );
}

function repeated(key: string, one: string, other: string): ConfigurationError {
  return new ConfigurationError(
    "RepeatedFile",
    `${key}: ConfigMap ${one} and ConfigMap ${other} both have this key, and a project has one file of a name. Remove the key from one of them`,
  );
}
