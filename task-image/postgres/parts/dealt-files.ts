import type { SourceFile } from "../../sources/files/file-source.ts";
import type { TableFiles } from "../staging/load-files.ts";
import type { SharedTable } from "./load-parts.ts";

/** What it costs to open a file, in bytes of one that is open: many small files are dealt out as evenly as few large ones. */
const OPENING_BYTES = 65_536;

interface DealtFile {
  readonly file: SourceFile;
  readonly order: number;
  readonly position: number;
}

/**
 * Deals files out to parts so that each has about as much to do: the largest file first, always to the part that has least. A part
 * may get none. The same files are always dealt out in the same way; within a part they keep their order.
 */
export function dealOut(tables: readonly TableFiles[], parts: number): readonly (readonly SharedTable[])[] {
  const dealt = dealBySize(tables, parts);
  const counted = tables.map(() => 0);
  return dealt.map((files) =>
    tables.flatMap(({ files: _, ...table }, order) => {
      const own = files.filter((one) => one.order === order).toSorted((a, b) => a.position - b.position);
      if (own.length === 0) return [];
      const firstFile = counted[order] ?? 0;
      counted[order] = firstFile + own.length;
      return [{ ...table, order, firstFile, files: own.map(({ file }) => file) }];
    }),
  );
}

function dealBySize(tables: readonly TableFiles[], parts: number): readonly (readonly DealtFile[])[] {
  const waiting = tables
    .flatMap(({ files }, order) => files.map((file, position) => ({ file, order, position })))
    .toSorted((a, b) => b.file.bytes - a.file.bytes || a.order - b.order || a.position - b.position);
  const dealt = Array.from({ length: parts }, () => ({ bytes: 0, files: [] as DealtFile[] }));
  for (const one of waiting) {
    const least = dealt.reduce((a, b) => (b.bytes < a.bytes ? b : a));
    least.bytes += one.file.bytes + OPENING_BYTES;
    least.files.push(one);
  }
  return dealt.map(({ files }) => files);
}
