import { createHash } from "node:crypto";
import { join } from "node:path";
import type { InstalledPackage } from "#api/project-packages.ts";
import { readAskedPackages, type TemplateFacts } from "../dbt/deps/package-files.ts";
import type { Metadata, PackageSource, Pinned } from "../dbt/deps/resolve.ts";
import { describePinned, nameOfPinned } from "../dbt/deps/resolve.ts";
import { folderOf, nameIn } from "../dbt/deps/vendored.ts";
import type { ProjectTree } from "../dbt/project/project-package.ts";
import { SETTINGS_FILE } from "../dbt/project/project-settings.ts";
import { ConfigurationError } from "../errors.ts";
import { fetchProject } from "../git/fetch-project.ts";
import { PACKAGE_WORDS } from "../git/words.ts";
import type { Log } from "../log.ts";
import type { Redactor } from "../redaction.ts";
import { type Archive, readArchive } from "./archive.ts";
import type { HostCredentials } from "./host-credentials.ts";
import type { Hub } from "./hub.ts";
import { ownFiles } from "./own-files.ts";
import type { Web } from "./web.ts";
import { packageRefused, WAYS_OUT } from "./web-failure.ts";

/** A package that is here. */
export interface FetchedPackage {
  /** Text by path below the package. */
  readonly files: ProjectTree;
  /** What it was found at: a commit, or the hash of an archive; nothing for a folder of the project. */
  readonly found?: string;
}

export interface FetchFacts {
  readonly tree: ProjectTree;
  readonly hub: Hub;
  readonly web: Web;
  readonly credentials: HostCredentials;
  readonly templates: TemplateFacts;
  /** What the run has installed already. */
  readonly chosen: readonly InstalledPackage[];
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly workDirectory: string;
}

type Sourced = Exclude<Pinned, { readonly kind: "hub" }>;

/** Fetches packages, each once, and reads what they say of themselves. */
export class PackageFetcher implements PackageSource {
  readonly #facts: FetchFacts;
  readonly #fetched = new Map<string, Promise<FetchedPackage>>();

  constructor(facts: FetchFacts) {
    this.#facts = facts;
  }

  versions(name: string) {
    return this.#facts.hub.versions(name);
  }

  async metadata(pinned: Sourced): Promise<Metadata> {
    const { files } = await this.fetch(pinned);
    const by = describePinned(pinned);
    const own = pinned.kind === "tarball" ? pinned.name : nameIn(files, "");
    if (own === "")
      throw packageRefused(`package ${by}`, `its ${SETTINGS_FILE} gives it no name of letters, digits and underscores`);
    const asked = readAskedPackages(files, { prefix: "", by, isRoot: false }, this.#facts.templates);
    return { name: own, packages: asked?.specs ?? [] };
  }

  /** The package as it is at its version. @throws {TaskFailure} where it cannot be fetched, or is not a package. */
  fetch(pinned: Pinned): Promise<FetchedPackage> {
    const key = JSON.stringify(pinned);
    const known = this.#fetched.get(key);
    if (known !== undefined) return known;
    const fetched = this.#fetch(pinned).then((found) => checked(found, pinned));
    this.#fetched.set(key, fetched);
    return fetched;
  }

  async #fetch(pinned: Pinned): Promise<FetchedPackage> {
    if (pinned.kind === "hub") return await this.#fromHub(pinned);
    if (pinned.kind === "git") return await this.#fromGit(pinned);
    return pinned.kind === "tarball" ? await this.#fromArchive(pinned) : this.#fromFolder(pinned);
  }

  async #fromHub({ package: name, version }: Pinned & { readonly kind: "hub" }): Promise<FetchedPackage> {
    const { tarball, sha1 } = (await this.#facts.hub.versions(name)).get(version) ?? {};
    const { files, sha1: found } = await this.#archive(tarball ?? "", `package ${name} ${version}`);
    // As dbt, which does not compare: hosts of archives pack them anew now and then.
    if (sha1 !== undefined && sha1 !== found) {
      this.#facts.log.warn("an archive has another hash than the hub says", { package: name, version, sha1, found });
    }
    return { files };
  }

  async #fromArchive(pinned: Pinned & { readonly kind: "tarball" }): Promise<FetchedPackage> {
    const { files, sha256 } = await this.#archive(pinned.tarball, `package ${pinned.name}`);
    const known = this.#revisionOf(pinned);
    if (known === undefined || known === sha256) return { files, found: sha256 };
    throw new ConfigurationError(
      "PackageChanged",
      `package ${pinned.name}: expected the archive with SHA-256 ${known}, with which the run has begun, found ${sha256}. Start another run`,
    );
  }

  /** What the run has installed of a package that is not the hub's. */
  #revisionOf(pinned: Sourced): string | undefined {
    const name = nameOfPinned(pinned);
    return this.#facts.chosen.find((one) => one.name === name)?.revision;
  }

  async #archive(written: string, subject: string): Promise<Archive> {
    const { web, signal } = this.#facts;
    if (!/^https?:$/.test(URL.canParse(written) ? new URL(written).protocol : "")) {
      throw packageRefused(subject, `expected the URL of an archive by https, found ${written.slice(0, 200)}`);
    }
    const url = new URL(written);
    const found = await web.get({ url, subject, take: (body) => readArchive(body, subject, signal) });
    if (found !== undefined) return found;
    throw packageRefused(
      subject,
      `${url.origin}${url.pathname} does not exist. Correct the URL, or choose another version. ${WAYS_OUT}`,
    );
  }

  async #fromGit(pinned: Pinned & { readonly kind: "git" }): Promise<FetchedPackage> {
    const { git, revision, subdirectory, warnsUnpinned } = pinned;
    const { credentials, signal, log, redactor, workDirectory } = this.#facts;
    const isKnown = /^(?:https|ssh):\/\/[^/\s]+\/[^\s]+$/.test(git) && URL.canParse(git);
    if (!isKnown) {
      throw packageRefused(
        `package ${git}`,
        "expected a repository by https://HOST/PATH, ssh://USER@HOST/PATH or USER@HOST:PATH",
      );
    }
    if (warnsUnpinned && (revision === undefined || ["HEAD", "main", "master"].includes(revision))) {
      log.warn("a package is not pinned: whatever is pushed to its branch is built", {
        package: git,
        revision: revision ?? "HEAD",
      });
    }
    const secret = credentials.secretFor(new URL(git));
    const place = {
      url: git,
      ...(revision === undefined || revision === "HEAD" ? {} : { ref: revision }),
      ...(subdirectory === undefined ? {} : { path: subdirectory }),
      ...(secret === undefined ? {} : { secretRef: secret.secretRef }),
    };
    const folder = createHash("sha1")
      .update(`${git} ${subdirectory ?? ""} ${revision ?? ""}`)
      .digest("hex");
    let commit: string | undefined;
    const files = await fetchProject(place, {
      ...{ signal, log, redactor, words: PACKAGE_WORDS, commit: this.#revisionOf(pinned) },
      secretDirectory: secret?.directory ?? "",
      workDirectory: join(workDirectory, `package-${folder.slice(0, 12)}`),
      name: `${subdirectory === undefined ? "" : `folder ${subdirectory} of `}git package ${git}`,
      onCommit: (found) => {
        commit = found;
      },
    });
    return { files, ...(commit === undefined ? {} : { found: commit }) };
  }

  #fromFolder({ local }: Pinned & { readonly kind: "local" }): FetchedPackage {
    const folder = folderOf(local);
    if (folder === "" || folder.startsWith("/") || local.startsWith("/") || folder.split("/").includes("..")) {
      throw packageRefused(
        `package ${local}`,
        "it does not lie below the project's folder, which is all that is fetched. Put it there, or name it by git with a subdirectory",
      );
    }
    const files = [...this.#facts.tree].filter(([path]) => path.startsWith(folder));
    return { files: new Map(files.map(([path, text]) => [path.slice(folder.length), text] as const)) };
  }
}

function checked({ files, ...more }: FetchedPackage, pinned: Pinned): FetchedPackage {
  if (files.has(SETTINGS_FILE)) return { ...more, files: ownFiles(files) };
  const others = [...files.keys()].filter((path) => path.endsWith(`/${SETTINGS_FILE}`)).slice(0, 3);
  const found = others.length === 0 ? "none below it either" : `found ${others.join(", ")}`;
  const advice = pinned.kind === "git" ? ". Set subdirectory to the folder that has it" : "";
  throw packageRefused(
    `package ${describePinned(pinned)}`,
    `No ${SETTINGS_FILE} found at expected path, ${found}${advice}`,
  );
}
