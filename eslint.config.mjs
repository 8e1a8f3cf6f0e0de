import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default tseslint.config(
  {
    ignores: [
      "dist",
      "node_modules",
      "public",
      "src/gpu/wasm/assembly",
      "src/gpu/wasm/generated",
      "src/linalg/wasm/assembly",
      "src/linalg/wasm/generated",
      ".cache",
      "**/*.mjs",
    ],
  },
  ...tseslint.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { ignoreRestSiblings: true, argsIgnorePattern: "^_", varsIgnorePattern: "^_" },
      ],
      "no-console": "error",
      "no-restricted-syntax": [
        "error",
        {
          selector: "MemberExpression[property.name='dataSync']",
          message: "dataSync blocks the worker and is wrong on lost devices; use the readback in gpu/.",
        },
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: "Model text is hostile: React text nodes only.",
        },
      ],
    },
  },
  { files: ["src/cli/**", "bench/**"], rules: { "no-console": "off" } },
  { files: ["src/components/**/*.tsx"], ...reactHooks.configs.flat["recommended-latest"] },
);
