import { createHash } from "node:crypto";
import { join, normalize } from "node:path/posix";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { DEPTH_MAX, isHiddenName, isNoneOfDbts, textOf } from "../projects/dbt-files.ts";
import { SizeBound } from "../projects/size-bound.ts";
import { BrokenArchive, readTar, type TarHeader } from "./tar.ts";
import { packageRefused } from "./web-failure.ts";

/** An archive's own bytes, those that it holds, and its entries: the largest public packages take a hundredth of it. */
const PACKED_BYTES_MAX = 128 * 1024 * 1024;
const BYTES_MAX = 512 * 1024 * 1024;
const ENTRIES_MAX = 50_000;
const LINKS_MAX = 1000;

/** What dbt reads of an archive. */
export interface Archive {
  /** Text by path below the one folder that the archive has at its top. */
  readonly files: ReadonlyMap<string, string>;
  /** Hashes of the archive as it was sent, in hexadecimal digits. */
  readonly sha1: string;
  readonly sha256: string;
}

/**
 * Reads an archive of `.tar.gz`, as dbt packages are published: one folder with a dbt_project.yml. Names that lead out of the archive are
 * refused, and so are links to what it does not hold.
 *
 * @throws {ConfigurationError} for an archive that is no package or too large. An error of the stream is thrown as it is.
 */
export async function readArchive(body: Readable, subject: string, signal: AbortSignal): Promise<Archive> {
  const hashes = { sha1: createHash("sha1"), sha256: createHash("sha256") };
  const reader = new ArchiveReader(subject);
  const sent = counted(PACKED_BYTES_MAX, subject, (piece) => {
    hashes.sha1.update(piece);
    hashes.sha256.update(piece);
  });
  try {
    await pipeline(body, sent, createGunzip(), counted(BYTES_MAX, subject), (bytes) => reader.read(bytes), { signal });
  } catch (error) {
    throw damaged(error, subject) ?? error;
  }
  return { files: reader.files(), sha1: hashes.sha1.digest("hex"), sha256: hashes.sha256.digest("hex") };
}

/** What is no gzip at all is no archive; what breaks off may be whole the next time. */
function damaged(error: unknown, subject: string): Error | undefined {
  const { code, message = "" } = error as { readonly code?: string; readonly message?: string };
  if (code === "Z_DATA_ERROR" && /incorrect header check/.test(message)) {
    return packageRefused(subject, "expected an archive of .tar.gz, found something else. Correct its URL");
  }
  return error instanceof BrokenArchive
    ? packageRefused(subject, `its archive is damaged: ${message}. Publish it again, or correct its URL`)
    : undefined;
}

function counted(bytesMax: number, subject: string, note: (piece: Buffer) => void = () => undefined): Transform {
  let bytes = 0;
  return new Transform({
    transform(piece: Buffer, _, done) {
      bytes += piece.length;
      note(piece);
      if (bytes <= bytesMax) done(null, piece);
      else done(packageRefused(subject, `its archive has more than ${bytesMax} bytes, which no package has`));
    },
  });
}

/** Takes what dbt may read, and keeps links until all files are known. */
class ArchiveReader {
  readonly #subject: string;
  readonly #bound: SizeBound;
  /** By their paths in the archive. */
  readonly #texts = new Map<string, string>();
  readonly #links = new Map<string, string>();
  readonly #tops = new Set<string>();
  #entries = 0;

  constructor(subject: string) {
    this.#subject = subject;
    this.#bound = new SizeBound(subject);
  }

  async read(bytes: AsyncIterable<Buffer>): Promise<void> {
    await readTar(
      bytes,
      (header) => this.#isTaken(header),
      ({ name }, content) => {
        const text = textOf(content);
        const path = this.#pathOf(name);
        if (path !== undefined) this.#texts.set(path, text);
      },
    );
  }

  /** The files of the one folder at the top. */
  files(): ReadonlyMap<string, string> {
    this.#follow();
    const [top, other] = this.#tops;
    if (top === undefined || other !== undefined) {
      const found = top === undefined ? "nothing" : [...this.#tops].slice(0, 5).join(", ");
      throw packageRefused(
        this.#subject,
        `incorrect structure of its archive: expected one folder that holds the package, found ${found}`,
      );
    }
    return new Map([...this.#texts].map(([path, text]) => [path.slice(top.length + 1), text] as const));
  }

  /** Whether the bytes of an entry are wanted; what is no file is noted. */
  #isTaken(header: TarHeader): boolean {
    this.#entries += 1;
    if (this.#entries > ENTRIES_MAX)
      throw packageRefused(this.#subject, `its archive has more than ${ENTRIES_MAX} entries`);
    const path = this.#pathOf(header.name);
    if (path === undefined || path.split("/").some(isHiddenName)) return false;
    this.#tops.add(path.split("/")[0] as string);
    if (!this.#isWanted(path, header)) return false;
    if (header.type === "link" || header.type === "symlink") this.#note(path, header);
    if (header.type !== "file") return false;
    this.#bound.add(path, header.size);
    return true;
  }

  /** A path in the archive without `.`; undefined for the archive's own folder. */
  #pathOf(name: string): string | undefined {
    const path = normalize(name).replace(/\/+$/, "");
    if (name.startsWith("/") || path === ".." || path.startsWith("../")) {
      throw packageRefused(
        this.#subject,
        `its archive has an entry ${JSON.stringify(name.slice(0, 200))}, which leads out of it`,
      );
    }
    return path === "." || path === "" ? undefined : path;
  }

  /** Links are wanted whatever they are called: they may lead to folders. */
  #isWanted(path: string, { type }: TarHeader): boolean {
    const names = path.split("/");
    if (names.length > DEPTH_MAX) return false;
    const inside = names.slice(1).join("/");
    if (type === "symlink" || type === "link") return inside !== "";
    // Docs at the top are for people.
    return !isNoneOfDbts(inside, false) && !/^[^/]*\.md$/i.test(inside);
  }

  #note(path: string, { type, target: written }: TarHeader): void {
    const target = normalize(type === "link" ? written : join(path, "..", written));
    if (this.#links.size >= LINKS_MAX)
      throw packageRefused(this.#subject, `its archive has more than ${LINKS_MAX} links`);
    this.#links.set(path, target.replace(/\/+$/, ""));
  }

  /** Links to files and folders of the archive are what they lead to. Others are refused where dbt would read them. */
  #follow(): void {
    for (const [path, target] of this.#links) {
      const isMeant = (file: string) => file === target || file.startsWith(`${target}/`);
      const found =
        target === "" ? [] : [...this.#texts].filter(([file]) => isMeant(file) && !file.startsWith(`${path}/`));
      for (const [file, text] of found) {
        const at = `${path}${file.slice(target.length)}`;
        this.#bound.add(at, text.length);
        this.#texts.set(at, text);
      }
      const inside = path.split("/").slice(1).join("/");
      if (found.length > 0 || isNoneOfDbts(inside, false) || !inside.includes("/")) continue;
      throw packageRefused(
        this.#subject,
        `${inside} of its archive is a link to ${JSON.stringify(target.slice(0, 200))}, which the archive does not hold`,
      );
    }
  }
}
