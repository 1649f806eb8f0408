import { ConfigurationError } from "../errors.ts";

/** What a project may hold in all; a ConfigMap holds a sixteenth of it. */
const BYTES_MAX = 16_777_216;
/** Links can make one file many; no project has so many. */
const FILES_MAX = 20_000;

/** What has been read of a project, against what it may hold. */
export class SizeBound {
  readonly #parts = new Map<string, number>();
  #bytes = 0;
  #files = 0;
  readonly #of: string;

  /** `of` is what messages call what is read. */
  constructor(of = "the project") {
    this.#of = of;
  }

  /** Counts a file. @throws {ConfigurationError} that names the largest file or folder at the top, when it is too much. */
  add(path: string, bytes: number): void {
    this.#bytes += bytes;
    this.#files += 1;
    const [part = path] = path.split("/");
    this.#parts.set(part, (this.#parts.get(part) ?? 0) + bytes);
    if (this.#bytes <= BYTES_MAX && this.#files <= FILES_MAX) return;
    const [largest] = [...this.#parts].sort(([, one], [, other]) => other - one);
    throw new ConfigurationError(
      "ProjectTooLarge",
      `${this.#of} has more than ${BYTES_MAX} bytes or ${FILES_MAX} files that dbt would read; most of it lies in ${largest?.[0]}. Load large seeds as files of a load, and keep what is no part of the project elsewhere`,
    );
  }
}
