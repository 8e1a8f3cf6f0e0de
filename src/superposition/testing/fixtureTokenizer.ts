/** A fixture model's tokenizer alone. */
import { openTokenizer } from "../../model/tokenizer/openTokenizer";
import { openFixtureCheckpoint } from "../../model/testing/openFixture";
import { readFixture } from "../../../tests/sharedFixtures";

export const loadFixtureTokenizer = async (name: string) =>
  openTokenizer(await openFixtureCheckpoint(readFixture, name));
