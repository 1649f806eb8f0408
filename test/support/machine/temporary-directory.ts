import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onProcessEnd, removeBehind } from "./process-end.ts";

let root: string | undefined;

/** A new directory for this process alone; it goes when the process ends. */
export function temporaryDirectory(purpose: string): string {
  root ??= makeRoot();
  return mkdtempSync(join(root, `${purpose}-`));
}

function makeRoot(): string {
  const directory = mkdtempSync(join(tmpdir(), "kelt-test-"));
  onProcessEnd(() => removeBehind(directory));
  return directory;
}
