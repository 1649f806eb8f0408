import type { Readable } from "node:stream";
import { z } from "zod";
import { nearestName } from "#api/nearest-name.ts";
import type { HubVersion, HubVersions } from "../dbt/deps/hub-version.ts";
import { type PackageSpec, readPackageSpec } from "../dbt/deps/package-spec.ts";
import type { Data } from "../dbt/project/data.ts";
import { givenVars } from "../dbt/project/given-vars.ts";
import { ConfigurationError, TransientError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Web } from "./web.ts";

const ANSWER_BYTES_MAX = 32 * 1024 * 1024;

/** What the hub says of a package, as far as dbt reads it: https://hub.getdbt.com/api/v1/dbt-labs/dbt_utils.json. */
const Version = z.object({
  name: z.string().regex(/^[^\d\W]\w*$/),
  packages: z.array(z.record(z.string(), z.unknown())).nullish(),
  require_dbt_version: z.union([z.string(), z.array(z.string())]).nullish(),
  downloads: z.object({ tarball: z.string(), sha1: z.string().nullish() }),
});
const Package = z.object({
  name: z.string(),
  namespace: z.string().nullish(),
  redirectnamespace: z.string().nullish(),
  redirectname: z.string().nullish(),
  versions: z.record(z.string(), z.unknown()),
});
const Index = z.array(z.string());

/** Keys of a package that a version asks for; the hub may say more. */
const SPEC_KEYS: readonly string[] = [
  "package",
  "version",
  "install_prerelease",
  "git",
  "revision",
  "subdirectory",
  "warn-unpinned",
  "tarball",
  "name",
  "local",
];

/** dbt's package hub, or a mirror of it. Each package is asked for once. */
export class Hub {
  readonly #base: URL;
  readonly #web: Web;
  readonly #log: Log;
  readonly #packages = new Map<string, Promise<HubVersions>>();

  constructor(url: string, { web, log }: { readonly web: Web; readonly log: Log }) {
    this.#base = new URL(url.endsWith("/") ? url : `${url}/`);
    this.#web = web;
    this.#log = log;
  }

  /** @throws {TaskFailure} for a package that the hub does not have, with the nearest name, and for a hub that cannot be reached. */
  versions(name: string): Promise<HubVersions> {
    const known = this.#packages.get(name);
    if (known !== undefined) return known;
    const asked = this.#ask(name);
    this.#packages.set(name, asked);
    return asked;
  }

  async #ask(name: string): Promise<HubVersions> {
    const subject = `package ${name}`;
    const url = new URL(`api/v1/${name}.json`, this.#base);
    const answer = await this.#web.get({ url, subject, take: (body) => readJson(body, Package) });
    if (answer === undefined) throw await this.#unknown(name, url);
    const { redirectname, redirectnamespace, namespace, versions } = answer;
    if (redirectname != null || redirectnamespace != null) {
      const now = `${redirectnamespace ?? namespace ?? name.split("/")[0]}/${redirectname ?? answer.name}`;
      this.#log.warn("a package has another name on the hub by now", { package: name, name: now });
    }
    return new Map(
      Object.entries(versions).flatMap(([version, said]) => {
        const found = Version.safeParse(said).data;
        return found === undefined ? [] : [[version, versionOf(found, `${name} ${version}`, url)] as const];
      }),
    );
  }

  async #unknown(name: string, url: URL): Promise<ConfigurationError> {
    const index = new URL("api/v1/index.json", this.#base);
    const call = { url: index, subject: "the package index", take: (body: Readable) => readJson(body, Index) };
    const names = await this.#web.get(call).catch(() => undefined);
    const near = nearestName(name, names ?? []);
    return new ConfigurationError(
      "UnknownPackage",
      `Package ${name} was not found in the package index: ${url.href} does not exist${near === undefined ? "" : `; did you mean '${near}'?`}. Correct packages.yml, or name a hub that has it by transform.packages.hub.url`,
    );
  }
}

async function readJson<T>(body: Readable, schema: z.ZodType<T>): Promise<T> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > ANSWER_BYTES_MAX)
      throw new ConfigurationError("AnswerTooLong", `it answered more than ${ANSWER_BYTES_MAX} bytes`);
    pieces.push(piece);
  }
  const text = Buffer.concat(pieces).toString();
  const found = schema.safeParse(parsed(text));
  if (found.success) return found.data;
  // dbt takes it for a weakness of the moment as well.
  throw new TransientError("HubAnswer", `it answered what no package hub answers (${bytes} bytes)`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function versionOf(
  { name, packages, require_dbt_version: requires, downloads }: z.infer<typeof Version>,
  by: string,
  url: URL,
): HubVersion {
  const { tarball, sha1 } = downloads;
  return {
    name,
    // Read of the version that is taken alone: what an old one says harms nobody.
    get packages() {
      return (packages ?? []).map((entry) => specOf(entry, by, url));
    },
    requires: [requires ?? []].flat(),
    tarball: URL.canParse(tarball, url.href) ? new URL(tarball, url).href : tarball,
    ...(sha1 == null ? {} : { sha1 }),
  };
}

function specOf(entry: Readonly<Record<string, unknown>>, by: string, url: URL): PackageSpec {
  const known = Object.fromEntries(Object.entries(entry).filter(([key]) => SPEC_KEYS.includes(key)));
  const data: Data = givenVars(known);
  return readPackageSpec(data, { by, position: () => ({ file: url.href, line: 1, column: 1 }) });
}
