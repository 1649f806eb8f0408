import { crc32, deflateRawSync } from "node:zlib";

/** A file of an archive that a test makes; what is left out is as an honest archiver writes it. */
export interface ArchivedFile {
  readonly name: string;
  readonly text: string;
  /** Type and permissions: stat(2). */
  readonly mode?: number;
  /** The size that the directory claims. */
  readonly size?: number;
  readonly checksum?: number;
  readonly method?: number;
  readonly flags?: number;
}

/** The bytes of a ZIP archive. */
export function zipArchive(files: readonly ArchivedFile[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const file of files) {
    const name = Buffer.from(file.name);
    const content = Buffer.from(file.text);
    const packed = file.method === 0 ? content : deflateRawSync(content);
    const shared = sharedFields(file, content, packed.length, name.length);
    const local = Buffer.concat([number32(0x04034b50), number16(20), shared, number16(0), name, packed]);
    const external = number32((((file.mode ?? 0o100644) << 16) | 0) >>> 0);
    directory.push(
      Buffer.concat([
        ...[number32(0x02014b50), number16(0x0314), number16(20), shared, number16(0), number16(0), number16(0)],
        ...[number16(0), external, number32(offset), name],
      ]),
    );
    bodies.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const count = number16(files.length);
  const end = [
    number32(0x06054b50),
    number32(0),
    count,
    count,
    number32(central.length),
    number32(offset),
    number16(0),
  ];
  return Buffer.concat([...bodies, central, ...end]);
}

/** What a local header and an entry of the directory have in common, from the flags to the name's length. */
function sharedFields(file: ArchivedFile, content: Buffer, packed: number, name: number): Buffer {
  return Buffer.concat([
    ...[number16(file.flags ?? 0), number16(file.method ?? 8), number32(0)],
    ...[number32(file.checksum ?? crc32(content)), number32(packed), number32(file.size ?? content.length)],
    number16(name),
  ]);
}

function number16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
