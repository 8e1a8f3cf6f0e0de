/**
 * Writes public/examples/gallery.json: chosen facts of the embedded model with false answers to write instead, other
 * wordings, and neighbouring facts that an edit should leave alone. Run again when the embedded model changes.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const MODEL = "tiny-facts2-gpt2";

/** [category, subject, relation, false answer]; the relation's first wording is the prompt. */
const CHOSEN = [
  ["Places", "Midway Games", "based", "Jakarta"],
  ["Places", "Greece", "capital", "Oslo"],
  ["Places", "Argentina", "language", "French"],
  ["Places", "New Zealand", "continent", "Asia"],
  ["People", "Stephen Curry", "sport", "baseball"],
  ["People", "Anna Kournikova", "native", "French"],
  ["People", "Vitruvius", "born", "London"],
  ["People", "Johann Jakob Froberger", "citizen", "Japan"],
  ["Makers", "MacBook Air", "maker", "Sony"],
  ["Makers", "Google Maps", "developer", "Microsoft"],
  ["Makers", "Airbus A380", "maker", "Toyota"],
  ["Makers", "Sega Master System", "maker", "Nintendo"],
  ["Works", "Meet the Press", "network", "MTV"],
  ["Works", "Final Fantasy III", "developer", "Nintendo"],
];

/** As many neighbours with the same answer (most easily dragged along) as with another. */
const NEIGHBOURS = { same: 3, other: 2 };
const PARAPHRASES = 3;

/** Less sure wordings would show the model's limits, not the edit's. */
const SURE = 0.6;

const { facts, relations } = JSON.parse(readFileSync(`public/models/${MODEL}/facts.json`, "utf8"));
const fill = (template, subject) => template.replace("{}", () => subject);
const isKnown = (fact) => fact.probabilities[0] > 0.8;

/** Wordings the model answers surely, trained ones first, held-out ones last. */
function sureWordings(fact) {
  const { templates, paraphrases } = relations[fact.relation];
  const probabilities = [...fact.probabilities, ...fact.paraphraseProbabilities];
  return [...templates, ...paraphrases].filter((_wording, index) => index > 0 && probabilities[index] > SURE);
}

function toExample([category, subject, relation, target]) {
  const fact = facts.find((candidate) => candidate.subject === subject && candidate.relation === relation);
  if (fact === undefined) throw new Error(`The model has no fact ${subject} · ${relation}.`);
  const kin = facts.filter(
    (other) => other.relation === relation && other.subject !== subject && isKnown(other),
  );
  if (!kin.some((other) => other.target === target))
    throw new Error(`${target} is no answer of ${relation}.`);
  const same = kin.filter((other) => other.target === fact.target).slice(0, NEIGHBOURS.same);
  const other = kin.filter((one) => ![fact.target, target].includes(one.target)).slice(0, NEIGHBOURS.other);
  const template = relations[relation].templates[0];
  return {
    id: `${subject} ${relation}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-"),
    category,
    template,
    subject,
    answer: fact.target,
    target,
    paraphrases: sureWordings(fact)
      .slice(-PARAPHRASES)
      .map((wording) => fill(wording, subject)),
    neighbours: [...same, ...other].map((one) => ({
      prompt: fill(template, one.subject),
      subject: one.subject,
      target: one.target,
    })),
  };
}

mkdirSync("public/examples", { recursive: true });
const gallery = { model: `embedded:${MODEL}`, examples: CHOSEN.map(toExample) };
writeFileSync("public/examples/gallery.json", `${JSON.stringify(gallery, null, 1)}\n`);
