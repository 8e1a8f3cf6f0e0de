/** The survey's three families (arXiv 2310.16218) as the chooser's headings, in the order of how deep they reach. */
import type { MethodDescription, MethodFamily } from "../../domain/methods";

const FAMILIES: readonly { family: MethodFamily; where: string; how: string }[] = [
  { family: "locate", where: "Inside the model", how: "locate the fact, then write over it" },
  { family: "fineTune", where: "Inside the model", how: "fine-tune on the answer" },
  { family: "attribute", where: "Inside the model", how: "by attribution or a hyper-network" },
  { family: "beside", where: "Beside the model", how: "its weights stay; something stands next to them" },
  {
    family: "around",
    where: "Around the model",
    how: "nothing inside changes; the question is caught before it",
  },
];

export type FamilyGroup = { where: string; how: string; methods: MethodDescription[] };

/** Only families that have a method. */
export function groupByFamily(methods: readonly MethodDescription[]): FamilyGroup[] {
  return FAMILIES.map(({ family, where, how }) => ({
    where,
    how,
    methods: methods.filter((method) => method.family === family),
  })).filter((group) => group.methods.length > 0);
}
