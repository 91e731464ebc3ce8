// What a file that is no text is, by its first bytes, and how large, in words. Pure.

/** Such as "a PNG image"; "a binary file" for what is not known. */
export function kindOf(head: Uint8Array): string {
  const start = Buffer.from(head.subarray(0, 16)).toString("latin1");
  return signatures.find(([signature]) => start.startsWith(signature))?.[1] ?? "a binary file";
}

/** Such as "12.5 KB". */
export function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const step = units.findLastIndex((_, at) => bytes >= 1024 ** (at + 1));
  return `${(bytes / 1024 ** (step + 1)).toFixed(1)} ${units[step]}`;
}

const units = ["KB", "MB", "GB", "TB"];

const signatures: readonly (readonly [string, string])[] = [
  ["\x89PNG", "a PNG image"],
  ["\xff\xd8\xff", "a JPEG image"],
  ["GIF8", "a GIF image"],
  ["BM", "a bitmap image"],
  ["RIFF", "a RIFF file, such as WebP, WAV or AVI"],
  ["%PDF", "a PDF document"],
  ["PK\x03\x04", "a ZIP archive, or a document packed like one"],
  ["\x1f\x8b", "gzip data"],
  ["\xfd7zXZ", "xz data"],
  ["(\xb5/\xfd", "zstd data"],
  ["BZh", "bzip2 data"],
  ["\x7fELF", "an ELF program or library"],
  ["MZ", "a Windows program or library"],
  ["\xcf\xfa\xed\xfe", "a Mach-O program or library"],
  ["\xca\xfe\xba\xbe", "a Mach-O program or a Java class"],
  ["\0asm", "a WebAssembly module"],
  ["SQLite format 3", "an SQLite database"],
  ["\xff\xfe", "UTF-16 text"],
  ["\xfe\xff", "UTF-16 text"],
];
