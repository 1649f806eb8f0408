import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const directories: string[] = [];

/** A new directory for this process alone; it goes when the process ends. */
export function temporaryDirectory(purpose: string): string {
  if (directories.length === 0) process.once("exit", removeAll);
  const directory = mkdtempSync(join(tmpdir(), `kelt-${purpose}-`));
  directories.push(directory);
  return directory;
}

function removeAll(): void {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
}
