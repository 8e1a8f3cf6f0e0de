/** Every family the forward pass can be switched to. */
import { gemma3 } from "./gemma3";
import { gpt2 } from "./gpt2";
import { gptJ } from "./gptJ";
import { gptNeoX } from "./gptNeoX";
import { llama } from "./llama";
import { mistral } from "./mistral";
import { phi } from "./phi";
import { qwen2 } from "./qwen2";
import { qwen3 } from "./qwen3";
import type { Family } from "./family";

export const families: readonly Family[] = [gpt2, gptNeoX, gptJ, llama, mistral, qwen2, qwen3, gemma3, phi];
