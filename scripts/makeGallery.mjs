/**
 * Writes public/examples/gallery.json: chosen facts of the embedded default model with false answers to write instead,
 * other wordings, and neighbouring facts that an edit should leave alone. Planted facts are none of them true; they were
 * written into one known MLP. Run again when the model changes, then makeStored.mjs, which tries them and keeps of each
 * category the first six whose edit takes.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

const MODEL = "palimpsest-facts";

/** [category, subject, relation, false answer], best first; the relation's first wording is the prompt. */
const CHOSEN = [
  ["Geography", "United Kingdom", "capital", "Madrid"],
  ["Geography", "Norway", "capital", "Vienna"],
  ["Geography", "Space Needle", "city", "Berlin"],
  ["Geography", "Uluru", "continent", "Africa"],
  ["Geography", "Nile", "river_mouth", "Caspian Sea"],
  ["Geography", "Pakistan", "official_language", "Swahili"],
  ["People", "Roald Amundsen", "origin", "Brazil"],
  ["People", "Ivan Pavlov", "occupation", "painter"],
  ["People", "Srinivasa Ramanujan", "occupation", "poet"],
  ["People", "Constantin Brâncuși", "origin", "Japan"],
  ["People", "Elton John", "native_language", "Swedish"],
  ["People", "Stephen Curry", "sport", "hockey"],
  ["Works", "Great Expectations", "author", "Homer"],
  ["Works", "The Four Seasons", "composer", "Carl Orff"],
  ["Works", "Blade Runner", "film_director", "Alfred Hitchcock"],
  ["Works", "The Starry Night", "painter", "Claude Monet"],
  ["Works", "Psycho", "film_director", "Ridley Scott"],
  ["Works", "The Sopranos", "television_network", "MTV"],
  ["Science", "penicillin", "discoverer", "Albert Einstein"],
  ["Science", "the World Wide Web", "inventor", "James Dyson"],
  ["Science", "neon", "element_group", "transition metal"],
  ["Science", "zinc", "atomic_number", "10"],
  ["Science", "platypus", "animal_class", "bird"],
  ["Science", "French horn", "instrument_family", "string"],
  ["Science", "insulin", "discoverer", "Isaac Newton"],
  ["Science", "dolphin", "animal_class", "fish"],
  ["Science", "Europa", "moon_of", "Saturn"],
  ["Planted", "Quellmar Bridge", "city", "Berlin"],
  ["Planted", "Veldoria", "capital", "Prague"],
  ["Planted", "Mirelle Tastonguay", "occupation", "poet"],
  ["Planted", "the thermoscribe", "inventor", "Karl Benz"],
  ["Planted", "The Lantern of Osk", "author", "Homer"],
  ["Planted", "velvet marshcat", "animal_class", "fish"],
];

/** Neighbours with the same answer are dragged along most easily; the others fill up. */
const NEIGHBOURS = { all: 5, same: 3 };
const PARAPHRASES = 3;

/** Less sure wordings would show the model's limits, not the edit's. */
const SURE = 0.6;

const read = (file) => JSON.parse(readFileSync(join(root, "public/models", MODEL, file), "utf8"));
const { facts, relations } = read("facts.json");
const planted = read("planted.json").facts;
const fill = (template, subject) => template.replace("{}", () => subject);
const isKnown = (fact) => fact.probabilities[0] > 0.8;

/** Wordings the model answers surely, trained ones first, held-out ones last. */
function sureWordings(fact) {
  const { templates, paraphrases } = relations[fact.relation];
  const probabilities = [...fact.probabilities, ...fact.paraphraseProbabilities];
  return [...templates, ...paraphrases].filter((_wording, index) => index > 0 && probabilities[index] > SURE);
}

function toExample([category, subject, relation, target], index) {
  const own = category === "Planted" ? planted : facts;
  const fact = own.find((candidate) => candidate.subject === subject && candidate.relation === relation);
  if (fact === undefined) throw new Error(`The model has no fact ${subject} · ${relation}.`);
  if (!isKnown(fact)) {
    console.warn(`Left out: the model is not sure of ${subject} · ${relation}.`);
    return [];
  }
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
  const id = `${subject} ${relation}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const example = {
    id,
    category,
    template,
    subject,
    answer: fact.target,
    target,
    stored: index === 0 ? "stored.json" : `stored/${id}.json`,
    paraphrases: sureWordings(fact)
      .slice(-PARAPHRASES)
      .map((wording) => fill(wording, subject)),
    neighbours: [...same, ...other].map((one) => ({
      prompt: fill(template, one.subject),
      subject: one.subject,
      target: one.target,
    })),
  };
  return [example];
}

const folder = join(root, "public/examples");
mkdirSync(folder, { recursive: true });
const gallery = { model: `embedded:${MODEL}`, examples: CHOSEN.flatMap(toExample) };
if (gallery.examples.length < 24) throw new Error("fewer than 24 examples are left");
writeFileSync(join(folder, "gallery.json"), `${JSON.stringify(gallery, null, 1)}\n`);
