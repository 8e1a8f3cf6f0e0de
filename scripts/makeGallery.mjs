/**
 * Writes public/examples/gallery.json: chosen facts of the embedded model with false answers to write instead, other
 * wordings, and neighbouring facts that an edit should leave alone. Run again when the embedded model changes.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const MODEL = "tiny-facts2-gpt2";

/** [category, subject, relation, false answer]; the relation's first wording is the prompt. */
const CHOSEN = [
  ["Places", "Norway", "capital", "Athens"],
  ["Places", "United Kingdom", "capital", "Paris"],
  ["Places", "Egypt", "language", "French"],
  ["Places", "Thailand", "continent", "Africa"],
  ["People", "Stephen Curry", "sport", "baseball"],
  ["People", "Oleg Kotov", "native", "French"],
  ["People", "Athenagoras of Athens", "religion", "Islam"],
  ["People", "Wilt Chamberlain", "sport", "cricket"],
  ["Makers", "Windows 7", "maker", "Nokia"],
  ["Makers", "Toyota Matrix", "maker", "Honda"],
  ["Makers", "Google Maps", "developer", "Microsoft"],
  ["Makers", "MacBook Air", "maker", "Sony"],
  ["Works", "Club MTV", "network", "NBC"],
  ["Works", "Meet the Press", "network", "MTV"],
  ["Works", "Final Fantasy III", "developer", "Nintendo"],
];

/** Neighbours with the same answer are dragged along most easily; the others fill up. */
const NEIGHBOURS = { all: 5, same: 3 };
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
  const other = kin
    .filter((one) => ![fact.target, target].includes(one.target))
    .slice(0, NEIGHBOURS.all - same.length);
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
