import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { temporaryDirectory } from "../machine/temporary-directory.ts";
import type { Certificate } from "../servers/certificate.ts";
import { type HttpApi, type Reply, type SeenRequest, startHttpApi } from "../servers/http-api.ts";

/** Files by path; a link is `{ link: target }`. */
export type ArchiveFiles = Readonly<Record<string, string | { readonly link: string }>>;

/** A version of a package on the hub. */
export interface HubRelease {
  readonly files?: ArchiveFiles;
  readonly packages?: readonly object[];
  readonly requires?: string | readonly string[];
  /** In the place of the hash of the archive. */
  readonly sha1?: string;
  /** In the place of the archive of the files. */
  readonly archive?: Buffer;
}

/** Packages by their names, such as `dbt-labs/dbt_utils`, with their versions. */
export type HubPackages = Readonly<Record<string, Readonly<Record<string, HubRelease>>>>;

/** A package hub on 127.0.0.1 with the archives of its packages. */
export interface PackageHub extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, or `https://localhost:PORT`. */
  readonly url: string;
  /** Paths of the requests so far. */
  readonly seen: readonly string[];
}

/** Files as `tar` packs them, below a folder. */
export function packArchive(files: ArchiveFiles, top = "package-1.0.0"): Buffer {
  const root = temporaryDirectory("archive");
  for (const [path, content] of Object.entries(files)) {
    const file = join(root, top, path);
    mkdirSync(dirname(file), { recursive: true });
    if (typeof content === "string") writeFileSync(file, content);
    else symlinkSync(content.link, file);
  }
  execFileSync("tar", ["-czf", join(root, "archive.tar.gz"), "-C", root, top]);
  return readFileSync(join(root, "archive.tar.gz"));
}

/**
 * What the hub's API answers, https://hub.getdbt.com/api/v1/. `instead` answers a request in the place of the hub. With a certificate, for
 * `localhost`, it speaks TLS.
 */
export async function startPackageHub(
  packages: HubPackages,
  instead: (request: SeenRequest) => Reply | undefined = () => undefined,
  tls?: Certificate,
): Promise<PackageHub> {
  const archives = new Map<string, Buffer>();
  const documents = new Map<string, (origin: string) => unknown>();
  documents.set("/api/v1/index.json", () => Object.keys(packages));
  for (const [name, releases] of Object.entries(packages)) {
    const [namespace = "", short = ""] = name.split("/");
    const versions = Object.entries(releases).map(([version, release]) => {
      const { files = { "dbt_project.yml": `name: ${short}` }, archive, packages: asks = [], requires = [] } = release;
      const bytes = archive ?? packArchive(files, `${short}-${version}`);
      const path = `/archives/${name}/${version}.tar.gz`;
      archives.set(path, bytes);
      const sha1 = release.sha1 ?? createHash("sha1").update(bytes).digest("hex");
      return (origin: string) => [
        version,
        {
          ...{ id: `${name}/${version}`, name: short, version, packages: asks, require_dbt_version: requires },
          downloads: { tarball: `${origin}${path}`, format: "tgz", sha1 },
        },
      ];
    });
    documents.set(`/api/v1/${name}.json`, (origin) => ({
      ...{ name: short, namespace, latest: Object.keys(releases).at(-1) },
      versions: Object.fromEntries(versions.map((version) => version(origin))),
    }));
  }
  const api: HttpApi = await startHttpApi((request) => {
    const { pathname, origin } = request.url;
    const other = instead(request);
    if (other !== undefined) return other;
    const document = documents.get(pathname);
    if (document !== undefined) return { body: JSON.stringify(document(origin)) };
    const archive = archives.get(pathname);
    return archive === undefined ? { status: 404, body: "{}" } : { body: archive };
  }, tls);
  return {
    url: api.origin,
    get seen() {
      return api.seen.map(({ url }) => url.pathname);
    },
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
}
