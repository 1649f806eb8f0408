import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";

/** As many as the digest that it keys has. */
const BYTES_MIN = 32;

/**
 * The key in a file, without the line break at its end; nothing when there is no such file. Throws for one that cannot be read, and for
 * a key that is too short to keep anything secret.
 */
export function readSealKey(file: string): Uint8Array | undefined {
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, "latin1").replace(/[\r\n]+$/, "");
  if (text.length < BYTES_MIN) {
    throw new Error(`KELT_SEAL_KEY_FILE: expected ${BYTES_MIN} bytes or more in ${file}, found ${text.length}`);
  }
  return Buffer.from(text, "latin1");
}

/** A key for this process alone. */
export function makeSealKey(): Uint8Array {
  return randomBytes(BYTES_MIN);
}
