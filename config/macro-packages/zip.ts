import { crc32, inflateRawSync } from "node:zlib";

/** Limits of one archive, in bytes and files: macros are some kilobytes each, and a wheel has some hundred of them. */
export const LIMITS = { file: 1 << 20, all: 16 << 20, entries: 5_000 } as const;

/** A file or folder in an archive, as its directory describes it. */
export interface ZipEntry {
  /** Checked: relative, with `/` between its parts, none of which is empty, `.` or `..`. A folder ends with `/`. */
  readonly name: string;
  /** The bytes of the file. Throws where they are not what the directory says. */
  read(): Buffer;
}

/** Numbers of https://pkware.cachefly.net/webdocs/APPNOTE/APPNOTE-6.3.10.TXT, sections 4.3.7, 4.3.12 and 4.3.16. */
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = Buffer.from("PK\u0005\u0006", "latin1");
const ENCRYPTED = 0x1;
const METHODS = { stored: 0, deflated: 8 } as const;
/** Types of files in the upper half of the external attributes, where the archive was made on Unix: stat(2). */
const TYPE = { mask: 0o170000, file: 0o100000, folder: 0o040000 } as const;

/**
 * The entries of a ZIP archive of the plain kind that wheels are: one disk, no ZIP64, no encryption. Throws where the archive is of
 * another kind, is cut, or has an entry that is no plain file or folder, whose name leads elsewhere, or that is there twice.
 */
export function readZip(archive: Buffer): readonly ZipEntry[] {
  try {
    return readDirectory(archive);
  } catch (error) {
    if (error instanceof RangeError) throw new Error("the archive is cut: its directory points behind its end");
    throw error;
  }
}

function readDirectory(archive: Buffer): readonly ZipEntry[] {
  const end = archive.lastIndexOf(END);
  if (end < 0) throw new Error("this is not a ZIP archive: it has no directory");
  const count = archive.readUInt16LE(end + 10);
  if (count > LIMITS.entries) throw new Error(`the archive has ${count} entries; at most ${LIMITS.entries} are read`);
  const entries = new Map<string, ZipEntry>();
  let at = archive.readUInt32LE(end + 16);
  for (let index = 0; index < count; index += 1) {
    const { entry, next } = readEntry(archive, at);
    if (entries.has(entry.name)) throw new Error(`${entry.name} is in the archive twice`);
    entries.set(entry.name, entry);
    at = next;
  }
  return [...entries.values()];
}

function readEntry(archive: Buffer, at: number): { readonly entry: ZipEntry; readonly next: number } {
  if (archive.readUInt32LE(at) !== CENTRAL) throw new Error(`the archive's directory is damaged at byte ${at}`);
  const flags = archive.readUInt16LE(at + 8);
  const method = archive.readUInt16LE(at + 10);
  const checksum = archive.readUInt32LE(at + 16);
  const packed = archive.readUInt32LE(at + 20);
  const size = archive.readUInt32LE(at + 24);
  const lengths = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
  const attributes = archive.readUInt32LE(at + 38);
  const local = archive.readUInt32LE(at + 42);
  const name = archive.subarray(at + 46, at + 46 + (lengths[0] ?? 0)).toString("utf8");
  checkName(name);
  checkType(name, attributes >>> 16);
  const read = () => {
    if ((flags & ENCRYPTED) !== 0) throw new Error(`${name} is encrypted`);
    if (size > LIMITS.file) throw new Error(`${name} has ${size} bytes; at most ${LIMITS.file} are read`);
    const bytes = unpack(name, method, bytesAt(archive, local, packed), size);
    if (bytes.length !== size || crc32(bytes) !== checksum) throw new Error(`${name} is damaged: its checksum differs`);
    return bytes;
  };
  return { entry: { name, read }, next: at + 46 + lengths.reduce((sum, length) => sum + length, 0) };
}

function checkName(name: string): void {
  const parts = (name.endsWith("/") ? name.slice(0, -1) : name).split("/");
  const isOdd = (part: string) => part === "" || part === "." || part === "..";
  if (parts.some(isOdd) || /[\\\0:]/.test(name)) {
    throw new Error(`the archive has an entry whose name may lead elsewhere: ${JSON.stringify(name)}`);
  }
}

function checkType(name: string, mode: number): void {
  const type = mode & TYPE.mask;
  if (type !== 0 && type !== TYPE.file && type !== TYPE.folder) {
    throw new Error(`${name} is a link or a device; expected files and folders alone`);
  }
}

/** The bytes of an entry as they are packed; its local header has a length of its own. */
function bytesAt(archive: Buffer, at: number, packed: number): Buffer {
  if (archive.readUInt32LE(at) !== LOCAL) throw new Error(`the archive is damaged at byte ${at}`);
  const begin = at + 30 + archive.readUInt16LE(at + 26) + archive.readUInt16LE(at + 28);
  return archive.subarray(begin, begin + packed);
}

function unpack(name: string, method: number, packed: Buffer, size: number): Buffer {
  if (method === METHODS.stored) return packed;
  if (method !== METHODS.deflated) throw new Error(`${name} is packed by method ${method}; expected 0 or 8`);
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(size, 1) });
  } catch (error) {
    throw new Error(`${name} is damaged, or longer than the ${size} bytes that it claims`, { cause: error });
  }
}
