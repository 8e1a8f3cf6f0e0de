/**
 * ConvSent's measures of KnowEdit (algorithms.md 19.3): has the edit made wanted responses likelier than unwanted ones,
 * without making them unlikely, and how far it has moved another topic's. Pure.
 */

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * sigmoid(L⁺ − L⁻) · min(1, exp(L⁺ − L⁺ before)); L is a mean log-probability of tokens: of wanted (+) and of unwanted
 * (−) responses, after the edit and before it.
 */
export const sentimentSuccess = (wanted: number, unwanted: number, wantedBefore: number): number =>
  sigmoid(wanted - unwanted) * Math.min(1, Math.exp(wanted - wantedBefore));
