import type { Readable } from "node:stream";
import type { FilePattern } from "./file-pattern.ts";

/** A file as a listing shows it. */
export interface SourceFile {
  /** Name below the source's root, with slashes: an object's key, a path. */
  readonly name: string;
  /** Name in messages and in `_kelt_files`. */
  readonly uri: string;
  readonly bytes: number;
  /** Changes when the file does. */
  readonly etag: string;
}

/** Where files lie: a bucket or a mounted volume. Every error is a TaskFailure. */
export interface FileSource extends AsyncDisposable {
  /** The files of a pattern, in the order of their names. */
  list(pattern: FilePattern): Promise<readonly SourceFile[]>;
  /** The bytes of the file as it was listed; a file that was changed since fails. */
  read(file: SourceFile): Readable;
}
