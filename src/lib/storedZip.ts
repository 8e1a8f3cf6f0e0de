/** Several files as one ZIP archive, stored without compression (APPNOTE 4.3): factors of edits do not shrink. */
import { joinedBytes } from "./joined";

type Entry = { name: string; bytes: Uint8Array };

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
/** Names are UTF-8. */
const FLAGS = 0x0800;
/** 1 January 1980, the earliest date the format has: equal files give equal archives. */
const DATE = 0x0021;

/** For archives below 4 GB. */
export function storedZip(entries: readonly Entry[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = new TextEncoder().encode(entry.name);
    const about = describe(entry.bytes, name.length);
    directory.push(
      fields([CENTRAL_HEADER, 4], [VERSION, 2], ...about, [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]),
      name,
    );
    const header = fields([LOCAL_HEADER, 4], ...about);
    parts.push(header, name, entry.bytes);
    offset += header.length + name.length + entry.bytes.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const count = entries.length;
  const end = fields([END, 4], [0, 2], [0, 2], [count, 2], [count, 2], [size, 4], [offset, 4], [0, 2]);
  return joinedBytes([...parts, ...directory, end]);
}

type Field = readonly [value: number, width: 2 | 4];

/** What the local header and the central directory both say: version to extract with … length of the extra field. */
const describe = (bytes: Uint8Array, nameLength: number): Field[] => [
  [VERSION, 2],
  [FLAGS, 2],
  [0, 2],
  [0, 2],
  [DATE, 2],
  [crc32(bytes), 4],
  [bytes.length, 4],
  [bytes.length, 4],
  [nameLength, 2],
  [0, 2],
];

function fields(...values: readonly Field[]): Uint8Array {
  const bytes = new Uint8Array(values.reduce((sum, [, width]) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [value, width] of values) {
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += width;
  }
  return bytes;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
