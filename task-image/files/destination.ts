import type { Writable } from "node:stream";
import type { TableName } from "../sql/identifier.ts";

/** A file of an extract as its manifest lists it. */
export interface ExtractedFile {
  /** `schema.table` of the source. */
  readonly table: string;
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
  /** Of the file's bytes, in hexadecimal digits. */
  readonly sha256: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** One file as it was written: `name` is a file of the directory or the key of an object. */
export interface WrittenFile<T> extends Pick<ExtractedFile, "bytes" | "sha256"> {
  readonly name: string;
  /** What `fill` answered. */
  readonly filled: T;
  /** Of the object, without quotation marks. */
  readonly etag?: string;
}

/** What the manifest says of one file. */
export type ManifestEntry = Omit<WrittenFile<unknown>, "filled"> &
  Partial<Pick<ExtractedFile, "rows" | "table" | "columns">> & { readonly relation?: TableName };

/** Writes the bytes of a file and ends the stream that it is given. */
export type Fill<T> = (target: Writable, onChunk: (chunk: Buffer) => void) => Promise<T>;

/** Where the files of an extract go. A file is seen when it is complete; without the manifest it is not part of an extract. */
export interface Destination extends AsyncDisposable {
  /** Takes away the manifest of an attempt before, so that its files are not taken for this one's. */
  begin(): Promise<void>;
  write<T>(name: string, fill: Fill<T>): Promise<WrittenFile<T>>;
  /** Writes the manifest, which makes the files an extract. */
  end(files: readonly ManifestEntry[]): Promise<void>;
}
