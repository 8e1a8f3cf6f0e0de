import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Template } from "@huggingface/jinja";
import { expect, test } from "vitest";
import { renderTemplate } from "./chatTemplate";

const MODELS = resolve(import.meta.dirname, "../../tests/fixtures/models");
const templateOf = (family: string): string => {
  const config = readFileSync(`${MODELS}/${family}/tokenizer_config.json`, "utf8");
  return (JSON.parse(config) as { chat_template: string }).chat_template;
};
const messages = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Where is {{ 1 }}?\n" },
  { role: "assistant", content: "Here." },
];

test.each(["llama", "smollm"])("%s: the same text as the library's own way", (family) => {
  const variables = { messages, add_generation_prompt: true, bos_token: "<s>", eos_token: "</s>" };
  const rendered = renderTemplate(templateOf(family), variables);
  expect(rendered).toBe(new Template(templateOf(family)).render(variables));
  expect(rendered).toContain("Where is {{ 1 }}?");
});

test("what templates may call is there", () => {
  const now = new Date();
  expect(renderTemplate("{{ strftime_now('%Y %% %d') }}", {})).toBe(
    `${now.getFullYear()} % ${String(now.getDate()).padStart(2, "0")}`,
  );
  expect(renderTemplate("{{ range(5, 0, -2) | join(',') }} {{ True and not none }}", {})).toBe("5,3,1 true");
  expect(() => renderTemplate("{{ raise_exception('only users') }}", {})).toThrow("only users");
});

test.each([
  ["loops in loops", "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{{ c }}{% endfor %}{% endfor %}{% endfor %}"],
  ["a list that doubles", "{% set n = namespace(x=[1]) %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}"],
  ["a text that doubles", "{% set n = namespace(x='a') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}"],
  ["a count to the end of numbers", "{% for i in range(99999999999) %}{% endfor %}"],
  ["a count with a step of nothing", "{% for i in range(0, 1, 0) %}{% endfor %}"],
  ["a macro that calls itself", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"],
])("%s is stopped", (_, template) => {
  const started = performance.now();
  expect(() => renderTemplate(template, {})).toThrow(Error);
  expect(performance.now() - started).toBeLessThan(20_000);
}); // prettier-ignore
