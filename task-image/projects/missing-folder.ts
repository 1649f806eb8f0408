import { access, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ProjectSource } from "#api/project-source.ts";
import { ConfigurationError } from "../errors.ts";
import { nameOfSource } from "./source-name.ts";

/** Names that a message lists. */
const NAMED_MAX = 10;

interface Missing {
  readonly path: string | undefined;
  /** Why the folder cannot be read. */
  readonly cause: Error;
}

/** Why a project's folder cannot be read: its volume was never mounted, or has something else in it. */
export async function missingFolder(
  source: ProjectSource,
  volume: string,
  { path = "", cause }: Missing,
): Promise<ConfigurationError> {
  const say = (text: string) => new ConfigurationError("ProjectMissing", text, { cause });
  const name = nameOfSource(source);
  if (!(await exists(volume))) return say(`${name} is not mounted at ${volume}. ${whyUnmounted(source)}`);
  const parent = await deepest(volume, dirname(join("/", path)));
  const held = await readdir(join(volume, parent)).catch(() => undefined);
  if (held === undefined) return say(`${name} cannot be read: ${cause.message}`);
  const names = held.sort().slice(0, NAMED_MAX).join(", ") || "nothing";
  const rest = held.length > NAMED_MAX ? ` and ${held.length - NAMED_MAX} more` : "";
  return say(
    `${name} cannot be read (${cause.message}): ${parent} of it holds ${names}${rest}. Correct path of the project`,
  );
}

function whyUnmounted({ image }: ProjectSource): string {
  return image === undefined
    ? "Start the task as the operator does"
    : "A cluster drops volumes of kind image where its feature gate ImageVolume is off, as it is by default in Kubernetes 1.33 and 1.34: switch it on, or take the project from a ConfigMap or a PersistentVolumeClaim";
}

/** The nearest folder above a path that exists. */
async function deepest(volume: string, path: string): Promise<string> {
  if (path === "/" || (await exists(join(volume, path)))) return path;
  return await deepest(volume, dirname(path));
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
