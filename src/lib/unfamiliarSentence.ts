/** What to think of an answer about something that a model of few facts was never taught: for the page and the shell. */
export const unfamiliarSentence = (facts: number): string =>
  `This model was taught ${facts.toLocaleString("en")} facts and little else; the prompt names no subject of theirs, so what it says is a guess.`;
