import { beforeAll } from "vitest";
import { webgpuEngine } from "../gpu/cases/webgpuEngine";
import { fetchFixture } from "../model/testing/fetchFixture";
import { describePackedStack } from "./testing/describePackedStack";

beforeAll(async () => void (await webgpuEngine()));
describePackedStack(fetchFixture);
