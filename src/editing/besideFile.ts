/** What an edit puts beside or around the model, in an edit file: codebooks (GRACE), side memories (WISE), looked up facts. */
import type { EditMemory } from "../domain/edit";
import type { Beside } from "./besideAdapters";
import { checkCodebook, describeCodebook, readCodebook } from "./codebookFile";
import type { OpenOptions } from "./editFile";
import type { StoredEdit } from "./editFileSchema";
import { checkShape, damaged, type TensorReader } from "./editFileTensors";
import type { ReadParts, WrittenParts } from "./sharedParts";
import { describeSideMemory, readSideMemory } from "./sideMemoryFile";

type StoredBeside = Pick<StoredEdit, "codebook" | "sideMemory" | "memory">;
type StoredMemory = NonNullable<StoredBeside["memory"]>;

/** The fields for the document; `written` gets their tensors. */
export function describeBeside(
  { codebook, sideMemory, memory }: { [Field in keyof Beside]: Beside[Field] | undefined },
  name: string,
  written: WrittenParts,
): StoredBeside {
  return {
    ...(codebook && { codebook: describeCodebook(codebook, `${name}.codebook`, written) }),
    ...(sideMemory && { sideMemory: describeSideMemory(sideMemory, `${name}.sideMemory`, written) }),
    ...(memory && { memory: describeMemory(memory, `${name}.memory`, written) }),
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
  if (codebook)
    checkCodebook(codebook, `${name}.codebook`, {
      fileName: options.fileName,
      vocabulary: options.model.vocabulary,
    });
  if (memory) checkMemory(memory, `${name}.memory`, options);
}

export function readBeside(
  { codebook, sideMemory, memory }: StoredBeside,
  name: string,
  known: ReadParts,
  reader: TensorReader,
): Beside {
  return {
    ...(codebook && { codebook: readCodebook(codebook, `${name}.codebook`, known, reader) }),
    ...(sideMemory && { sideMemory: readSideMemory(sideMemory, `${name}.sideMemory`, known, reader) }),
    ...(memory && { memory: readMemory(memory, `${name}.memory`, reader) }),
  };
}

function describeMemory(
  { keys, centre, ...rest }: EditMemory,
  name: string,
  { tensors }: WrittenParts,
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
