/** Published runs as tests on Node open them: from tests/fixtures, else from ../shared/fixtures. */
import { readFixture } from "../../../tests/sharedFixtures";
import { storedRuns } from "./storedRuns";

export * from "./storedRuns";
export const { readJson, tensorsOf, openMoments, memitContexts } = storedRuns(readFixture);
