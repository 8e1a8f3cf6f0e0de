/** Which sentence encoder the page uses: 22 million parameters, 23 MB in eight bits, 384 numbers a sentence. */
export const ENCODER = { repository: "Xenova/all-MiniLM-L6-v2", revision: "main" } as const;
