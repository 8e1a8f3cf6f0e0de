/**
 * A pasted or opened list of requests, row by row: what one row has wrong does not cost the others. Recognising the form
 * and reading a record are readBenchmark's. Pure.
 */
import type { EditRequest } from "../../domain/edit";
import { AppError } from "../errors";
import { formOf, readRecord, recordsOf, type RequestForm } from "./readBenchmark";

/** `row` counts records from 1. A record of KnowEdit may hold several requests. */
export type RequestRow =
  { row: number; status: "read"; request: EditRequest } | { row: number; status: "refused"; fault: string };

export type RequestRows = { form: RequestForm; rows: RequestRow[] };

/** Throws AppError `bad-json`, `bad-request` where the whole is no list of records. */
export function readRequestRows(text: string, fileName: string): RequestRows {
  const records = recordsOf(text, fileName);
  const rows = records.flatMap((record, at): RequestRow[] => {
    const row = at + 1;
    try {
      return readRecord(record, `Row ${row}`).map((request) => ({ row, status: "read", request }));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return [{ row, status: "refused", fault: `${error.message} ${error.remedy}`.trim() }];
    }
  });
  return { form: formOf(records[0]!) ?? "requests", rows };
}
