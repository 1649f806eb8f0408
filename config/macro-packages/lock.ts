/** A wheel of the Python registry, pinned. */
export interface LockedWheel {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the wheel's bytes, in hexadecimal digits. */
  readonly sha256: string;
}

const LINE = /^([a-z0-9-]+)==([0-9][0-9a-z.]*) --hash=sha256:([0-9a-f]{64})$/;

/**
 * Reads a requirements file in which every line pins one wheel by name, version and one SHA-256: the lines of pip's format that
 * `--require-hashes` takes. Throws an error that names the line where another form stands.
 */
export function readLock(text: string, file: string): readonly LockedWheel[] {
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "" || line.startsWith("#")) return [];
    const [, name, version, sha256] = LINE.exec(line.trimEnd()) ?? [];
    if (name === undefined || version === undefined || sha256 === undefined) {
      throw new Error(`${file}:${index + 1}: expected NAME==VERSION --hash=sha256:DIGITS, found ${line}`);
    }
    return [{ name, version, sha256 }];
  });
}
