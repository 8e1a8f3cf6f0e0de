/** What the names in `tokenizer.ggml.pre` stand for: the splitting steps of the models' own tokenizer.json files. */

export type NamedPreTokenizer = {
  preTokenizer: object;
  /** A GGUF states no normaliser; these models have one. */
  normalizer: object | null;
  ignoreMerges: boolean;
  addsBos: boolean;
};

const byteLevel = (useRegex: boolean): object => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: useRegex,
});

const split = (pattern: string): object => ({
  type: "Sequence",
  pretokenizers: [
    { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false },
    byteLevel(false),
  ],
});

/** The family of GPT-4's pattern; the models differ in how many digits make a word. */
const wordsWithDigits = (digits: string): string =>
  `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;

const plain = { normalizer: null, ignoreMerges: false, addsBos: false };
const gpt2: NamedPreTokenizer = { ...plain, preTokenizer: byteLevel(true) };
const singleDigits: NamedPreTokenizer = {
  ...plain,
  preTokenizer: {
    type: "Sequence",
    pretokenizers: [{ type: "Digits", individual_digits: true }, byteLevel(true)],
  },
};
const llama3: NamedPreTokenizer = {
  preTokenizer: split(wordsWithDigits("\\p{N}{1,3}")),
  normalizer: null,
  ignoreMerges: true,
  addsBos: true,
};
const qwen2: NamedPreTokenizer = {
  ...plain,
  preTokenizer: split(wordsWithDigits("\\p{N}")),
  normalizer: { type: "NFC" },
};

const BY_NAME: ReadonlyMap<string, NamedPreTokenizer> = new Map([
  ...["gpt-2", "phi-2", "mpt", "olmo"].map((name) => [name, gpt2] as const),
  ...["smollm", "starcoder", "refact"].map((name) => [name, singleDigits] as const),
  ...["llama-bpe", "llama3", "llama-v3"].map((name) => [name, llama3] as const),
  ...["qwen2", "deepseek-r1-qwen"].map((name) => [name, qwen2] as const),
]);

export const preTokenizerNamed = (name: string): NamedPreTokenizer | undefined => BY_NAME.get(name);
