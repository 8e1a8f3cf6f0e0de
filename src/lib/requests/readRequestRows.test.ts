import { expect, test } from "vitest";
import { AppError } from "../errors";
import { readRequestRows } from "./readRequestRows";

const read = (text: string) => readRequestRows(text, "the list");

test("a pasted table, with what one row has wrong told for that row alone", () => {
  const { form, rows } = read(
    'prompt,subject,target_new,target_true\nThe capital of {} is,Peru,Oslo,Lima\nThe capital of {} is,Chile,,Santiago\n"{}, the city, is in",Bern,Kenya,\n',
  );
  expect(form).toBe("requests");
  expect(rows.map(({ row, status }) => [row, status])).toEqual([
    [1, "read"],
    [2, "refused"],
    [3, "read"],
  ]);
  const [first, second, third] = rows;
  expect(first).toMatchObject({ request: { prompt: "The capital of {} is", targetTrue: "Lima" } });
  expect(second).toMatchObject({ fault: expect.stringContaining("target_new") as string });
  expect(third).toMatchObject({ request: { prompt: "{}, the city, is in", targetNew: "Kenya" } });
});

test("CounterFact and long answers are known by their fields", () => {
  const rewrite = {
    prompt: "{} is in",
    subject: "Peru",
    target_new: { str: "Asia" },
    target_true: { str: "America" },
  };
  const counterfact = [
    { case_id: 1, requested_rewrite: rewrite, paraphrase_prompts: [], neighborhood_prompts: [] },
  ];
  expect(read(JSON.stringify(counterfact)).form).toBe("counterfact");
  const long = read(JSON.stringify([{ id: 0, question: "Who was Ada?", answer: "A mathematician." }]));
  expect(long.rows[0]).toMatchObject({ request: { prompt: "{}", subject: "Who was Ada?" } });
});

test("what is no list at all is refused as a whole", () => {
  expect(() => read("just words")).toThrow(AppError);
  expect(() => read("{")).toThrow(AppError);
});
