import fs from "node:fs";
import { join, normalize } from "node:path/posix";
import git from "isomorphic-git";
import { ConfigurationError } from "../errors.ts";
import { DEPTH_MAX, decoded, isHiddenName, isNoneOfDbts, textOf } from "../projects/dbt-files.ts";
import { SizeBound } from "../projects/size-bound.ts";

/** Where the objects are, and what of them is wanted. */
export interface CommitFiles {
  /** A folder with `objects/pack/NAME.pack`. */
  readonly directory: string;
  readonly pack: string;
  readonly commit: string;
  /** Folder of the project, the root where it is missing. */
  readonly path?: string;
  /** What messages call the repository, and the field that says `path`. */
  readonly name: string;
  readonly pathField: string;
}

/** Modes of a tree's entries, https://git-scm.com/docs/git-fast-import. */
const LINK = "120000";
const LINKS_MAX = 16;
const LFS = "version https://git-lfs.github.com/spec/";
/** Names that a message lists. */
const NAMED_MAX = 10;

interface Entry {
  readonly oid: string;
  readonly type: "tree" | "blob";
  /** Its own path in the repository, whatever links lead to it. */
  readonly at: string;
}

/**
 * What dbt reads of a commit, by path below the project's folder; nothing where the pack does not have the commit. Links are followed inside
 * the repository. Submodules are left out.
 *
 * @throws {ConfigurationError} for a folder that is not there, a link that leads out, a pointer of LFS, and a project that is too large.
 */
export async function readCommitFiles(wanted: CommitFiles): Promise<ReadonlyMap<string, string> | undefined> {
  const { directory: gitdir, pack, commit } = wanted;
  await git.indexPack({ fs, dir: gitdir, gitdir, filepath: join("objects/pack", pack) });
  const reader = new CommitReader(wanted);
  const tree = await reader.treeOf(commit);
  return tree === undefined ? undefined : await reader.read(tree);
}

class CommitReader {
  readonly #wanted: CommitFiles;
  /** The library's own, of packs that it has opened. */
  readonly #cache = {};
  readonly #bound = new SizeBound();
  readonly #files = new Map<string, string>();

  constructor(wanted: CommitFiles) {
    this.#wanted = wanted;
  }

  async treeOf(commit: string): Promise<string | undefined> {
    try {
      return (await git.readCommit({ ...this.#store, oid: commit })).commit.tree;
    } catch (error) {
      if (error instanceof git.Errors.NotFoundError) return undefined;
      throw error;
    }
  }

  async read(root: string): Promise<ReadonlyMap<string, string>> {
    const path = normalize(this.#wanted.path ?? ".").replace(/\/$/, "");
    const folder = await this.#find(root, path, 0);
    if (folder?.type !== "tree") throw await this.#missing(root, path);
    await this.#walk(root, { folder, below: "", above: [folder.oid] });
    return this.#files;
  }

  get #store() {
    return { fs, gitdir: this.#wanted.directory, cache: this.#cache };
  }

  /** `below` is the folder's path below the project; `above` are the folders that it lies in, itself the last. */
  async #walk(
    root: string,
    { folder, below, above }: { readonly folder: Entry; readonly below: string; readonly above: readonly string[] },
  ): Promise<void> {
    if (above.length > DEPTH_MAX) return;
    const { tree } = await git.readTree({ ...this.#store, oid: folder.oid });
    for (const { mode, path: name, oid, type } of tree) {
      if (isHiddenName(name) || type === "commit") continue;
      const path = join(below, name);
      const at = join(folder.at, name);
      const entry = mode === LINK ? await this.#follow(root, at, oid, 0) : { oid, type, at };
      if (entry === undefined || isNoneOfDbts(path, entry.type === "tree")) continue;
      if (entry.type === "blob") await this.#take(path, entry.oid);
      else if (above.includes(entry.oid)) throw refused(path, "it is a link to a folder that it lies in. Remove it");
      else await this.#walk(root, { folder: entry, below: path, above: [...above, entry.oid] });
    }
  }

  async #take(path: string, oid: string): Promise<void> {
    const { blob } = await git.readBlob({ ...this.#store, oid });
    this.#bound.add(path, blob.length);
    const text = textOf(blob);
    if (text.startsWith(LFS)) {
      throw refused(
        path,
        "it is a pointer of Git LFS, whose files are not fetched. Keep the file itself in the repository",
      );
    }
    this.#files.set(path, text);
  }

  /** What a path of the repository is. */
  async #find(root: string, path: string, links: number): Promise<Entry | undefined> {
    let found: Entry = { oid: root, type: "tree", at: "" };
    for (const name of path === "." ? [] : path.split("/")) {
      if (found.type !== "tree") return undefined;
      const { tree } = await git.readTree({ ...this.#store, oid: found.oid });
      const entry = tree.find((one) => one.path === name);
      if (entry === undefined || entry.type === "commit") return undefined;
      const at = join(found.at, name);
      const { oid, type, mode } = entry;
      const next: Entry | undefined = mode === LINK ? await this.#follow(root, at, oid, links) : { oid, type, at };
      if (next === undefined) return undefined;
      found = next;
    }
    return found;
  }

  /** What a link leads to. One that leads out, or nowhere, is refused where it has the name of a file of dbt's, and is left out elsewhere. */
  async #follow(root: string, at: string, link: string, links: number): Promise<Entry | undefined> {
    if (links >= LINKS_MAX) throw refused(at, "it is a link that leads to itself. Remove it");
    const { blob } = await git.readBlob({ ...this.#store, oid: link });
    const target = decoded(blob) ?? "";
    const to = normalize(join(at, "..", target)).replace(/\/$/, "");
    const leadsOut = target.startsWith("/") || to === ".." || to.startsWith("../");
    const found = leadsOut ? undefined : await this.#find(root, to, links + 1);
    if (found !== undefined || isNoneOfDbts(at, false)) return found;
    const why = leadsOut ? "that leads out of its repository" : "to nothing";
    throw refused(at, `it is a link ${why}. Put the file itself into the repository`);
  }

  async #missing(root: string, path: string): Promise<ConfigurationError> {
    const parent = normalize(join(path, ".."));
    const holder = path === "." ? undefined : await this.#find(root, parent, 0);
    if (path !== "." && holder?.type !== "tree") return await this.#missing(root, parent);
    const { tree } = await git.readTree({ ...this.#store, oid: holder?.oid ?? root });
    const names = tree.map((entry) => entry.path).sort();
    const rest = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : "";
    const held = names.slice(0, NAMED_MAX).join(", ") || "nothing";
    const { name, commit, pathField } = this.#wanted;
    return new ConfigurationError(
      "ProjectMissing",
      `${name} is no folder of commit ${commit.slice(0, 12)}: ${join("/", parent)} of it holds ${held}${rest}. Correct ${pathField}`,
    );
  }
}

function refused(path: string, why: string): ConfigurationError {
  return new ConfigurationError("FileRefused", `file:${path} is not read: ${why}`);
}
