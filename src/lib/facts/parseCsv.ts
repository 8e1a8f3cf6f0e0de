/** Comma separated values as RFC 4180 has them: quoted fields may hold commas, quotes (doubled) and line breaks. Pure. */
import { AppError } from "../errors";

/** Rows of fields; empty lines are left out. Throws AppError `bad-request` at a quote that is never closed. */
export function parseCsv(text: string, fileName: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = text.startsWith("\ufeff") ? 1 : 0;
  const endRow = (): void => {
    if (row.length > 1 || row[0]?.trim()) rows.push(row);
    row = [];
  };
  while (at < text.length) {
    const field = text[at] === '"' ? quoted(text, at, fileName) : plain(text, at);
    row.push(field.value);
    at = field.end;
    if (text[at] === ",") {
      at++;
      // A comma at the end of a line or of the text begins one more, empty field.
      if (at === text.length || text[at] === "\n" || text[at] === "\r") row.push("");
    }
    if (text[at] === "\r" && text[at + 1] === "\n") at++;
    if (text[at] === "\n" || text[at] === "\r") {
      at++;
      endRow();
    }
  }
  endRow();
  return rows;
}

type Field = { value: string; end: number };

function plain(text: string, start: number): Field {
  let end = start;
  while (end < text.length && text[end] !== "," && text[end] !== "\n" && text[end] !== "\r") end++;
  return { value: text.slice(start, end), end };
}

/** What follows the closing quote up to the next comma belongs to the field, as spreadsheets read it. */
function quoted(text: string, start: number, fileName: string): Field {
  let end = start + 1;
  while (text[end] !== '"' || text[end + 1] === '"') {
    if (end >= text.length) {
      throw new AppError(
        "bad-request",
        `${fileName} opens a quote on line ${text.slice(0, start).split("\n").length} and never closes it.`,
        'Write " inside a quoted field as "".',
      );
    }
    end += text[end] === '"' ? 2 : 1;
  }
  const rest = plain(text, end + 1);
  return { value: text.slice(start + 1, end).replaceAll('""', '"') + rest.value, end: rest.end };
}
