import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { storedZip } from "./storedZip";

const FILES = [
  { name: "adapter_config.json", bytes: new TextEncoder().encode("{}\n") },
  { name: "große.bin", bytes: Uint8Array.from({ length: 1000 }, (_, at) => at % 251) },
];

test("the same files give the same archive, with the checksum the format asks for", () => {
  const zip = storedZip(FILES);
  expect(storedZip(FILES)).toEqual(zip);
  const view = new DataView(zip.buffer);
  expect(view.getUint32(0, true)).toBe(0x04034b50);
  // CRC-32 of "{}\n".
  expect(view.getUint32(14, true)).toBe(0xdda1b006);
  expect(view.getUint32(zip.length - 22, true)).toBe(0x06054b50);
});

const hasPython = spawnSync("python3", ["--version"]).status === 0;

test.skipIf(!hasPython)("another program opens it", () => {
  const folder = mkdtempSync(join(tmpdir(), "palimpsest-zip-"));
  writeFileSync(join(folder, "a.zip"), storedZip(FILES));
  const { stdout } = spawnSync("python3", ["-c", "import zipfile,sys; z=zipfile.ZipFile(sys.argv[1]); print(z.testzip(), [(i.filename, i.file_size) for i in z.infolist()])", join(folder, "a.zip")], { encoding: "utf8" }); // prettier-ignore
  expect(stdout.trim()).toBe("None [('adapter_config.json', 3), ('große.bin', 1000)]");
  rmSync(folder, { recursive: true });
});
