import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { GitProject } from "#api/project-source.ts";
import { ConfigurationError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Redactor } from "../redaction.ts";
import { fetchFailure } from "./fetch-failure.ts";
import { openHttpsRemote } from "./https-remote.ts";
import { readCommitAside } from "./read-aside.ts";
import { isCommit, resolveRef } from "./refs.ts";
import type { Remote } from "./remote.ts";
import { type GitSettings, readGitSettings } from "./settings.ts";
import { openSshRemote } from "./ssh-remote.ts";
import {
  type Advertised,
  givesAnyCommit,
  readAdvertised,
  requestFor,
  ServerRefused,
  savePack,
  type Wanted,
} from "./upload-pack.ts";
import type { GitWords } from "./words.ts";

/** The objects of one commit, as the server packs them. */
const PACK_BYTES_MAX = 128 * 1024 * 1024;
/** Commits of a branch among which one is looked for that the server does not give by itself. */
const NEAR = 100;
const PACK = "pack-fetched.pack";

export interface FetchContext {
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly secretDirectory: string;
  /** Where objects lie while they are read. */
  readonly workDirectory: string;
  /** What messages call the project's folder. */
  readonly name: string;
  /** What they call the repository and its fields; those of a project where they are missing. */
  readonly words?: GitWords;
  /** The commit that the run has, where it has one. */
  readonly commit?: string | undefined;
  /** Learns the commit before anything of it is fetched. */
  readonly onCommit: (commit: string) => void;
}

/**
 * What dbt reads of a git repository, at the run's commit or at the one that `ref` means now. The process itself speaks git's protocol by
 * HTTPS or ssh, so that its sockets are held to its rules: no program is started and nothing of the repository runs. `operator/decisions/0017`
 * says why.
 *
 * @throws {TaskFailure} with what was expected and found; no word of a credential.
 */
export async function fetchProject(git: GitProject, context: FetchContext): Promise<ReadonlyMap<string, string>> {
  const settings = await readGitSettings(git, context.secretDirectory, context.redactor, context.words);
  const directory = join(context.workDirectory, "git-project");
  try {
    return await fetchFiles(git, settings, { ...context, directory });
  } catch (error) {
    context.signal.throwIfAborted();
    throw fetchFailure(error, settings, PACK_BYTES_MAX);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function fetchFiles(
  git: GitProject,
  settings: GitSettings,
  context: FetchContext & { readonly directory: string },
): Promise<ReadonlyMap<string, string>> {
  await using remote = await openRemote(settings, context.signal);
  let advertised: Advertised | undefined = await readAdvertised(remote);
  const { words } = settings;
  const { object, commit } = aimOf(git, advertised, { known: context.commit, words });
  context.onCommit(commit);
  for (const wanted of stepsTo(object, advertised, { git, words })) {
    advertised ??= await readAdvertised(remote);
    const bytes = await savePackOf(remote, wanted, advertised, context).catch((error: unknown) => {
      throw error instanceof ServerRefused && /not our ref|unadvertised/.test(error.message)
        ? gone(git, commit, words)
        : error;
    });
    advertised = undefined;
    context.log.info("project fetched", { commit, bytes });
    const { directory, name } = context;
    const path = git.path === undefined ? {} : { path: git.path };
    const files = await readCommitAside(
      { directory, pack: PACK, commit, name, pathField: words.path, ...path },
      context.signal,
    );
    if (files !== undefined) return files;
  }
  throw gone(git, commit, words);
}

async function openRemote(settings: GitSettings, signal: AbortSignal): Promise<Remote> {
  return settings.by === "https" ? await openHttpsRemote(settings, signal) : await openSshRemote(settings, signal);
}

/** The run's commit, the one that the manifest names, or what `ref` means. */
function aimOf(
  { ref, url }: GitProject,
  advertised: Advertised,
  { known, words }: { readonly known: string | undefined; readonly words: GitWords },
) {
  const commit = known ?? (ref !== undefined && isCommit(ref) ? ref : undefined);
  return commit === undefined ? resolveRef(advertised, ref, url, words) : { object: commit, commit };
}

/**
 * How the commit is asked for. One that a name points to, or that the server gives to whoever knows it, comes alone; another one is looked
 * for among the last commits of the branch, then among all.
 */
function stepsTo(
  object: string,
  advertised: Advertised,
  { git: { ref, url }, words }: { readonly git: GitProject; readonly words: GitWords },
): readonly Wanted[] {
  const isNamed = [...advertised.refs.values()].includes(object);
  if (isNamed || givesAnyCommit(advertised)) return [{ object, depth: 1 }];
  const tip = resolveRef(advertised, ref !== undefined && isCommit(ref) ? undefined : ref, url, words).object;
  return [{ object: tip, depth: NEAR }, { object: tip }];
}

async function savePackOf(
  remote: Remote,
  wanted: Wanted,
  advertised: Advertised,
  { directory }: { readonly directory: string },
): Promise<number> {
  const packs = join(directory, "objects/pack");
  await rm(directory, { recursive: true, force: true });
  await mkdir(packs, { recursive: true });
  const answer = await remote.answer(requestFor(wanted, advertised));
  return await savePack(answer, join(packs, PACK), PACK_BYTES_MAX);
}

function gone({ url }: GitProject, commit: string, { subject, ref }: GitWords): ConfigurationError {
  return new ConfigurationError(
    "GitCommitGone",
    `${subject}: expected commit ${commit}, with which the run has begun or which ${ref} names, and ${url} does not have it or does not give it. Start another run, or correct ${ref}`,
  );
}
