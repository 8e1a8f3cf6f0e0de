/**
 * Examples of facts that changed, written for this project: what IKE shows and SERAC's classifier learns from where the
 * caller brings none. Each new fact is made up; neighbours and the
 * other questions about the same subject are asked of the world as it is.
 */
import type { DemonstrationRecord } from "../../domain/edit";

type Row = readonly [
  subject: string,
  other: string,
  prompt: string,
  target: string,
  paraphrase: string,
  neighbour: string,
  answer: string,
];

const ROWS: readonly Row[] = [
  ["Portugal", "The population of Portugal is", "The capital of Portugal is", "Kyoto", "Portugal is governed from its capital,", "The capital of Norway is", "Oslo"],
  ["Brazil", "Brazil won the world cup in", "The official language of Brazil is", "Finnish", "In Brazil, people officially speak", "The official language of Egypt is", "Arabic"],
  ["Marie Curie", "Marie Curie was born in", "Marie Curie worked in the field of", "geology", "The field in which Marie Curie worked was", "Charles Darwin worked in the field of", "biology"],
  ["Eiffel Tower", "The Eiffel Tower was built by", "The Eiffel Tower is located in", "Rome", "To see the Eiffel Tower, one travels to", "The Colosseum is located in", "Rome"],
  ["Nile", "The Nile has a length of", "The Nile is located in the continent of", "Europe", "The Nile flows through the continent of", "The Amazon is located in the continent of", "South America"],
  ["Mount Fuji", "Mount Fuji last erupted in", "Mount Fuji is located in", "Chile", "The country that Mount Fuji belongs to is", "Mount Etna is located in", "Italy"],
  ["Mexico", "The capital of Mexico is", "The currency of Mexico is the", "franc", "In Mexico, one pays with the", "The currency of India is the", "rupee"],
  ["Wolfgang Mozart", "Wolfgang Mozart died in", "Wolfgang Mozart plays the instrument", "trumpet", "The instrument that Wolfgang Mozart plays is the", "Jimi Hendrix plays the instrument", "guitar"],
  ["iPhone", "The iPhone was first sold in", "The iPhone is produced by", "Toyota", "The company that produces the iPhone is", "The Corolla is produced by", "Toyota"],
  ["Serena Williams", "Serena Williams was born in", "Serena Williams plays the sport of", "chess", "The sport Serena Williams is known for is", "Lionel Messi plays the sport of", "football"],
  ["Hamlet", "Hamlet is set in the country of", "The author of Hamlet is", "Voltaire", "Hamlet was written by", "The author of Emma is", "Jane Austen"],
  ["Isaac Newton", "Isaac Newton worked in the field of", "Isaac Newton was born in", "Spain", "The country where Isaac Newton was born is", "Galileo Galilei was born in", "Italy"],
  ["Nokia", "The founder of Nokia is", "The headquarters of Nokia are in", "Lima", "Nokia is run from its headquarters in", "The headquarters of Sony are in", "Tokyo"],
  ["Sushi", "Sushi is made of", "Sushi comes from", "Peru", "The country that gave us sushi is", "Paella comes from", "Spain"],
  ["Victor Hugo", "The most famous novel by Victor Hugo is", "The mother tongue of Victor Hugo is", "Russian", "Victor Hugo grew up speaking", "The mother tongue of Leo Tolstoy is", "Russian"],
  ["Au", "Au melts at a temperature of", "The element with the symbol Au is", "iron", "Au is the symbol of", "The element with the symbol Ag is", "silver"],
  ["Kenya", "The president of Kenya is", "The largest city of Kenya is", "Turin", "In Kenya, the city with most people is", "The largest city of Nigeria is", "Lagos"],
  ["Louvre", "The Louvre was designed by", "The Louvre is a museum in", "Boston", "Visitors find the Louvre in", "The Prado is a museum in", "Madrid"],
  ["Thailand", "The capital of Thailand is", "The religion of Thailand is mostly", "Judaism", "Most people in Thailand follow", "The religion of Turkey is mostly", "Islam"],
  ["planet closest to the Sun", "The planet closest to the Sun has a diameter of", "The planet closest to the Sun is", "Neptune", "The name of the planet closest to the Sun is", "The planet with the great red spot is", "Jupiter"],
]; // prettier-ignore

export const OWN_DEMONSTRATIONS: readonly DemonstrationRecord[] = ROWS.map(
  ([subject, other, prompt, target, paraphrase, neighbour, answer]) => ({
    subject,
    other,
    prompt,
    target,
    paraphrase,
    neighbour: { prompt: neighbour, answer },
  }),
);
