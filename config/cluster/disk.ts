import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";

/** The file system that a folder lies on, or will lie on. */
export interface Disk {
  /** Folders on one file system share its number. */
  readonly device: number;
  /** Bytes that are free for this user. */
  readonly free: number;
}

/** Reads the file system of a folder, or of the nearest folder above it that exists. */
export async function readDisk(folder: string): Promise<Disk> {
  try {
    const [{ dev }, { bavail, bsize }] = await Promise.all([stat(folder), statfs(folder)]);
    return { device: dev, free: bavail * bsize };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || dirname(folder) === folder) throw error;
    return readDisk(dirname(folder));
  }
}
