/** What an edit puts beside or around the model, in an edit file: codebooks (GRACE), side memories (WISE), looked up facts. */
import type { Codebook, EditMemory, SideMemory } from "../domain/edit";
import type { TensorToWrite } from "../loading/safetensors/writeSafetensors";
import type { Beside } from "./besideAdapters";
import type { OpenOptions } from "./editFile";
import type { StoredEdit } from "./editFileSchema";
import { checkShape, damaged, type TensorReader } from "./editFileTensors";

type StoredBeside = Pick<StoredEdit, "codebook" | "sideMemory" | "memory">;
type StoredCodebook = NonNullable<StoredBeside["codebook"]>;
type StoredMemory = NonNullable<StoredBeside["memory"]>;
type StoredSideMemory = NonNullable<StoredBeside["sideMemory"]>;

/** The fields for the document; their tensors are put on the list. */
export function describeBeside(
  { codebook, sideMemory, memory }: { [Field in keyof Beside]: Beside[Field] | undefined },
  name: string,
  tensors: TensorToWrite[],
): StoredBeside {
  return {
    ...(codebook && { codebook: describeCodebook(codebook, `${name}.codebook`, tensors) }),
    ...(sideMemory && { sideMemory: describeSideMemory(sideMemory, `${name}.sideMemory`, tensors) }),
    ...(memory && { memory: describeMemory(memory, `${name}.memory`, tensors) }),
  };
}

/** Throws AppError `wrong-model` or `bad-edit-file`, before any tensor is read. */
export function checkBeside(
  { codebook, sideMemory, memory }: StoredBeside,
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
  if (memory) checkMemory(memory, `${name}.memory`, options);
}

export function readBeside(
  { codebook, sideMemory, memory }: StoredBeside,
  name: string,
  reader: TensorReader,
): Beside {
  return {
    ...(codebook && { codebook: readCodebook(codebook, `${name}.codebook`, reader) }),
    ...(sideMemory && { sideMemory: readSideMemory(sideMemory, `${name}.sideMemory`, reader) }),
    ...(memory && { memory: readMemory(memory, `${name}.memory`, reader) }),
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

function describeMemory(
  { keys, centre, ...rest }: EditMemory,
  name: string,
  tensors: TensorToWrite[],
): StoredMemory {
  tensors.push(
    { name: `${name}.keys`, shape: [rest.facts.length, rest.width], values: keys },
    { name: `${name}.centre`, shape: [rest.width], values: centre },
  );
  return rest;
}

/** Facts are compared by the model's own states only where these are as wide as the model; an answer says something. */
function checkMemory(
  { use, encoder, width, facts, scope }: StoredMemory,
  name: string,
  { fileName, model }: OpenOptions,
): void {
  if (encoder.startsWith("own states") && width !== model.residualWidth)
    throw damaged(fileName, `${name}.width`, "is not the width of this model's states");
  if ((use === "recite") !== (scope !== undefined))
    throw damaged(fileName, `${name}.scope`, "belongs to recited answers, and to them alone");
  if (facts.some(({ prompt, answer }) => prompt.trim() === "" || answer.trim() === ""))
    throw damaged(fileName, `${name}.facts`, "include one without words");
}

function readMemory(stored: StoredMemory, name: string, reader: TensorReader): EditMemory {
  const { width, facts } = stored;
  return {
    ...stored,
    keys: reader.read(`${name}.keys`, [facts.length, width]),
    centre: reader.read(`${name}.centre`, [width]),
  };
}
