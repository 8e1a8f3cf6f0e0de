/** What an edit puts beside the model, in an edit file: codebooks (GRACE) and side memories (WISE). */
import type { Codebook, SideMemory } from "../domain/edit";
import type { TensorToWrite } from "../loading/safetensors/writeSafetensors";
import type { Beside } from "./besideAdapters";
import type { OpenOptions } from "./editFile";
import type { StoredEdit } from "./editFileSchema";
import { checkShape, damaged, type TensorReader } from "./editFileTensors";

type StoredBeside = Pick<StoredEdit, "codebook" | "sideMemory">;
type StoredCodebook = NonNullable<StoredBeside["codebook"]>;
type StoredSideMemory = NonNullable<StoredBeside["sideMemory"]>;

/** The fields for the document; their tensors are put on the list. */
export function describeBeside(
  { codebook, sideMemory }: { [Field in keyof Beside]: Beside[Field] | undefined },
  name: string,
  tensors: TensorToWrite[],
): StoredBeside {
  return {
    ...(codebook && { codebook: describeCodebook(codebook, `${name}.codebook`, tensors) }),
    ...(sideMemory && { sideMemory: describeSideMemory(sideMemory, `${name}.sideMemory`, tensors) }),
  };
}

/** Throws AppError `wrong-model` or `bad-edit-file`, before any tensor is read. */
export function checkBeside(
  { codebook, sideMemory }: StoredBeside,
  name: string,
  options: OpenOptions,
): void {
  for (const part of [codebook, sideMemory]) {
    if (!part) continue;
    checkShape(part, options);
    if (!options.weights.matrixNames.some((matrix) => matrix === part.weight))
      throw damaged(options.fileName, `${name}: ${part.weight}`, "is no matrix");
  }
  if (codebook) checkCodebook(codebook, `${name}.codebook`, options);
}

export function readBeside(
  { codebook, sideMemory }: StoredBeside,
  name: string,
  reader: TensorReader,
): Beside {
  return {
    ...(codebook && { codebook: readCodebook(codebook, `${name}.codebook`, reader) }),
    ...(sideMemory && { sideMemory: readSideMemory(sideMemory, `${name}.sideMemory`, reader) }),
  };
}

function describeCodebook(
  { keys, values, radii, ...rest }: Codebook,
  name: string,
  tensors: TensorToWrite[],
): StoredCodebook {
  tensors.push(
    { name: `${name}.keys`, shape: [rest.count, rest.in], values: keys },
    { name: `${name}.values`, shape: [rest.count, rest.out], values },
    { name: `${name}.radii`, shape: [rest.count], values: radii },
  );
  return rest;
}

function readCodebook(stored: StoredCodebook, name: string, reader: TensorReader): Codebook {
  return {
    ...stored,
    keys: reader.read(`${name}.keys`, [stored.count, stored.in]),
    values: reader.read(`${name}.values`, [stored.count, stored.out]),
    radii: reader.read(`${name}.radii`, [stored.count]),
  };
}

/** It has a label for each entry, and its answers are tokens. */
function checkCodebook(
  { labels, count }: StoredCodebook,
  name: string,
  { fileName, model }: OpenOptions,
): void {
  if (labels.length !== count) throw damaged(fileName, `${name}.labels`, "are not one per entry");
  const ids = labels.flatMap(({ answer }) => answer);
  if (ids.some((id) => id >= model.vocabulary)) throw damaged(fileName, `${name}.labels`, "name no tokens");
}

function describeSideMemory(
  { open, closed, ...rest }: SideMemory,
  name: string,
  tensors: TensorToWrite[],
): StoredSideMemory {
  const shape = [rest.out, rest.in];
  closed.forEach(({ values }, k) => tensors.push({ name: `${name}.closed.${k}`, shape, values }));
  if (open) tensors.push({ name: `${name}.open`, shape, values: open.values });
  return {
    ...rest,
    closed: closed.map(({ closest }) => ({ closest })),
    ...(open && { open: { closest: open.closest } }),
  };
}

function readSideMemory(stored: StoredSideMemory, name: string, reader: TensorReader): SideMemory {
  const { open, closed, ...rest } = stored;
  const shape = [rest.out, rest.in];
  return {
    ...rest,
    closed: closed.map(({ closest }, k) => ({ closest, values: reader.read(`${name}.closed.${k}`, shape) })),
    ...(open && { open: { closest: open.closest, values: reader.read(`${name}.open`, shape) } }),
  };
}
